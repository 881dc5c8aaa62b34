// @ts-check
/** The shim with the jar. */

import { defineApi } from './shim/api.js';
import { startJar } from './shim/jar.js';

startJar();
defineApi();
