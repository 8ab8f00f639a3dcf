import { Inject, Injectable } from '@nestjs/common';
import { type Partner, newId } from '@hookwright/contracts';
import { LOGGER, type Logger, notFound } from '@hookwright/runtime';
import { ApiKeys } from '../api-keys/api-keys.ts';
import type { PageQuery } from '../apps/apps.reader.ts';
import { Backends } from '../backends/backends.ts';
import { type List, toList } from '../validation/page.ts';
import {
  type KeyBody,
  type KeyInputBody,
  type NewKeyBody,
  type NewPartnerBody,
  type PartnerBody,
  type PartnerInputBody,
  toKey,
  toPartner,
} from './operator.schema.ts';

/** Partners, who live in the registry, with their keys, which live here. */
@Injectable()
export class PartnersService {
  constructor(
    private readonly backends: Backends,
    private readonly apiKeys: ApiKeys,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Keys first: nobody knows them until the answer, whereas a partner without keys would stay in the list. */
  async create({ name }: PartnerInputBody): Promise<NewPartnerBody> {
    const id = newId('par');
    const [live, test] = await this.apiKeys.create(id, ['live', 'test']);
    if (live === undefined || test === undefined) throw new Error('two keys were asked for');
    const { partner } = await this.backends.registry.createPartner({ id, name });
    this.logger.info({ partner_id: id }, 'partner.created');
    return { ...toPartner(present(partner)), api_keys: { live: live.key, test: test.key } };
  }

  async list(page: PageQuery): Promise<List<PartnerBody>> {
    const { partners, nextCursor } = await this.backends.registry.listPartners({ page });
    return toList(partners.map(toPartner), nextCursor);
  }

  async listKeys(partnerId: string): Promise<List<KeyBody>> {
    await this.require(partnerId);
    return toList((await this.apiKeys.list(partnerId)).map(toKey), '');
  }

  async createKey(partnerId: string, { mode, scopes }: KeyInputBody): Promise<NewKeyBody> {
    await this.require(partnerId);
    const [created] = await this.apiKeys.create(partnerId, [mode], scopes);
    if (created === undefined) throw new Error('a key was asked for');
    this.logger.info({ partner_id: partnerId, key_id: created.id, scopes }, 'api_key.created');
    return { id: created.id, key: created.key };
  }

  async deleteKey(partnerId: string, keyId: string): Promise<void> {
    if (!(await this.apiKeys.delete(partnerId, keyId))) throw notFound('API key');
    this.logger.info({ partner_id: partnerId, key_id: keyId }, 'api_key.deleted');
  }

  private async require(partnerId: string): Promise<void> {
    present((await this.backends.registry.getPartner({ id: partnerId })).partner);
  }
}

function present(partner: Partner | undefined): Partner {
  if (partner === undefined) throw notFound('partner');
  return partner;
}
