import { Body, Controller, Get, Param, Post, Query, Req, Res, UseFilters } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { agreement, once } from '../pages/form-fields.ts';
import { sendPage } from '../pages/page-answer.ts';
import { PageFilter } from '../pages/page.filter.ts';
import { id } from '../validation/fields.ts';
import { pageQuery } from '../validation/page.ts';
import { MerchantPagesService } from './merchant-pages.service.ts';

// Links to a page of ours may come with parameters of others.
const query = z.object(pageQuery.shape);
const confirmed = z.object({ csrf: once });
const change = z.object({ csrf: once, ...agreement, generation: once.pipe(z.string().regex(/^\d{1,9}$/)) });
export type ChangeForm = z.infer<typeof change>;

/** A merchant's pages: his apps, one of them, and what he may do with it. */
@ApiExcludeController()
@Controller('merchant')
@UseFilters(PageFilter)
export class MerchantPagesController {
  constructor(private readonly pages: MerchantPagesService) {}

  @Get()
  @RouteConfig({ access: 'public' })
  async apps(
    @Req() request: FastifyRequest,
    @Query({ schema: query }) page: z.infer<typeof query>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendPage(reply, await this.pages.apps(request, page));
  }

  @Get('apps/:installation_id')
  @RouteConfig({ access: 'public' })
  async app(
    @Req() request: FastifyRequest,
    @Param('installation_id', { schema: id }) installationId: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendPage(reply, await this.pages.app(request, installationId));
  }

  @Get('apps/:installation_id/revoke')
  @RouteConfig({ access: 'public' })
  async askToRevoke(
    @Req() request: FastifyRequest,
    @Param('installation_id', { schema: id }) installationId: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendPage(reply, await this.pages.askToRevoke(request, installationId));
  }

  @Post('apps/:installation_id/revoke')
  @RouteConfig({ access: 'public', body: 'form' })
  async revoke(
    @Req() request: FastifyRequest,
    @Param('installation_id', { schema: id }) installationId: string,
    @Body({ schema: confirmed }) { csrf }: z.infer<typeof confirmed>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendPage(reply, await this.pages.revoke(request, installationId, csrf));
  }

  @Get('apps/:installation_id/permissions')
  @RouteConfig({ access: 'public' })
  async permissions(
    @Req() request: FastifyRequest,
    @Param('installation_id', { schema: id }) installationId: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendPage(reply, await this.pages.permissions(request, installationId));
  }

  @Post('apps/:installation_id/permissions')
  @RouteConfig({ access: 'public', body: 'form' })
  async change(
    @Req() request: FastifyRequest,
    @Param('installation_id', { schema: id }) installationId: string,
    @Body({ schema: change }) form: ChangeForm,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendPage(reply, await this.pages.change(request, installationId, form));
  }

  @Post('logout')
  @RouteConfig({ access: 'public', body: 'form' })
  async logOut(
    @Req() request: FastifyRequest,
    @Body({ schema: confirmed }) { csrf }: z.infer<typeof confirmed>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendPage(reply, await this.pages.logOut(request, csrf));
  }
}
