/** The list of company directories. A new one is its file and one line here. */
import { ConfigError } from '../../config';
import type { CompanyDirectory } from '../directory';
import type { DirectoryParts } from '../directory-parts';
import { createDadataDirectory } from './dadata';
import { createLocalDirectory } from './local';

const DIRECTORIES = {
  dadata: createDadataDirectory,
  local: createLocalDirectory,
} satisfies Record<string, (parts: DirectoryParts) => CompanyDirectory>;

/** Those that COMPANY_DIRECTORIES names, in its order. @throws ConfigError when one of them lacks its key. */
export function createCompanyDirectories(parts: DirectoryParts): CompanyDirectory[] {
  const { companyDirectories: names, dadataApiKey } = parts.config;
  if (names.includes('dadata') && dadataApiKey === undefined)
    throw new ConfigError(['DADATA_API_KEY is required when COMPANY_DIRECTORIES names dadata.']);
  return names.map((name) => DIRECTORIES[name](parts));
}
