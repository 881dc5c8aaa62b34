export function startJar() {}
