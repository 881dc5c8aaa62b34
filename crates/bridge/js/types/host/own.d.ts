export function own(data: any, name: string): any;
