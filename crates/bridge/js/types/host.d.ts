export { contextFromQuery } from "./host/context.js";
export { mount } from "./host/mount.js";
