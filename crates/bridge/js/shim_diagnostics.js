// @ts-check
/** The shim with diagnostics. */

import { defineApi } from './shim/api.js';
import { startDiagnostics } from './shim/diagnostics.js';

startDiagnostics();
defineApi();
