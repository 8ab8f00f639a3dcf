import { Body, Controller, Get, Post, Req, Res, UseFilters } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { agreement, once } from '../pages/form-fields.ts';
import { sendPage } from '../pages/page-answer.ts';
import { PageFilter } from '../pages/page.filter.ts';
import { ConsentService } from './consent.service.ts';

const decision = z.object({ csrf: once, decision: once.pipe(z.enum(['allow', 'deny'])), ...agreement });
export type Decision = z.infer<typeof decision>;

/** The consent page. Which consent it is about is in a cookie for this very address (oidc-provider's). */
@ApiExcludeController()
@Controller('oauth/interaction')
@UseFilters(PageFilter)
export class ConsentController {
  constructor(private readonly consent: ConsentService) {}

  @Get(':uid')
  @RouteConfig({ access: 'public' })
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await sendPage(reply, await this.consent.show({ request, reply }));
  }

  @Post(':uid')
  @RouteConfig({ access: 'public', body: 'form' })
  async decide(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Body({ schema: decision }) form: Decision): Promise<void> {
    await sendPage(reply, await this.consent.decide({ request, reply }, form));
  }
}
