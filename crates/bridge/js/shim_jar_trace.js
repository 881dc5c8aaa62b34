// @ts-check
/** The shim of previews, with a jar, diagnostics and the trace. */

import { defineApi } from './shim/api.js';
import { startDiagnostics } from './shim/diagnostics.js';
import { startTrace } from './shim/trace.js';
import { startEnvironment } from './shim/environment.js';

startDiagnostics();
startTrace();
startEnvironment();
defineApi();
