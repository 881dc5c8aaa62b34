// @ts-check
/** The shim with the jar. */

import { defineApi } from './shim/api.js';
import { startEnvironment } from './shim/environment.js';

startEnvironment();
defineApi();
