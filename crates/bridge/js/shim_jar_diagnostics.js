// @ts-check
/** The shim with the jar and diagnostics. */

import { defineApi } from './shim/api.js';
import { startDiagnostics } from './shim/diagnostics.js';
import { startJar } from './shim/jar.js';

startDiagnostics();
startJar();
defineApi();
