/** What pages show of a relying party: its name, its picture, and where its people find help and documents. */

/** Where the relying party says nothing, the settings of the installation stand in. */
export interface BrandLinks {
  helpUrl?: string;
  supportPhone?: string;
  supportEmail?: string;
  /** Its rules (`tos_uri`). */
  termsUrl?: string;
  /** Its policy of personal data (`policy_uri`). */
  privacyUrl?: string;
  /** The cabinet it replaced. */
  legacyUrl?: string;
}

const SOURCES = {
  helpUrl: 'help_uri',
  supportPhone: 'support_phone',
  supportEmail: 'support_email',
  termsUrl: 'tos_uri',
  privacyUrl: 'policy_uri',
  legacyUrl: 'legacy_uri',
} as const satisfies Record<keyof BrandLinks, string>;

/** The links of a registration, in the terms of the foot of a page. */
export function brandLinks(metadata: Record<string, unknown>): BrandLinks {
  const links: BrandLinks = {};
  for (const key of Object.keys(SOURCES) as (keyof BrandLinks)[]) {
    const said = metadata[SOURCES[key]];
    if (typeof said === 'string') links[key] = said;
  }
  return links;
}

/** A stored relying party as the head and the foot of a page show it. */
export function clientBrand(client: {
  id: string;
  name: string;
  logo: Buffer | null;
  metadata: Record<string, unknown>;
}) {
  const { id, name, logo, metadata } = client;
  return { clientId: id, name, hasLogo: logo !== null, links: brandLinks(metadata) };
}
