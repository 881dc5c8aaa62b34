// @ts-check
/** The shim: the first script of the sandbox document, before any customer byte (docs/protocol.md). */

import { defineApi } from './shim/api.js';

defineApi();
