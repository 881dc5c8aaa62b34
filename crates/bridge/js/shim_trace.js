// @ts-check
/** The shim of previews, with diagnostics and the trace. */

import { defineApi } from './shim/api.js';
import { startDiagnostics } from './shim/diagnostics.js';
import { startTrace } from './shim/trace.js';

startDiagnostics();
startTrace();
defineApi();
