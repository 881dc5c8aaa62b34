// @ts-check
/** The shim with the jar and diagnostics. */

import { defineApi } from './shim/api.js';
import { startDiagnostics } from './shim/diagnostics.js';
import { startEnvironment } from './shim/environment.js';

startDiagnostics();
startEnvironment();
defineApi();
