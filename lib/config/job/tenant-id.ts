/** A tenant id names folders and files, so it is nothing that a path or another alphabet could hide in. */
export const TENANT_GRAMMAR = "[a-z0-9][a-z0-9_-]{0,62}";

const TENANT = new RegExp(`^${TENANT_GRAMMAR}$`);

export function isTenantId(text: string): boolean {
  return TENANT.test(text);
}
