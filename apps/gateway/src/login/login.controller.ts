import { Body, Controller, Get, Post, Query, Req, Res, UseFilters } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { sendPage } from '../pages/page-answer.ts';
import { PageFilter } from '../pages/page.filter.ts';
import { LoginService } from './login.service.ts';

const query = z.object({ return_to: z.string().max(200).optional(), prompt: z.literal('login').optional() });
const one = z.array(z.string().max(200)).transform(([first]) => first);
const form = z.object({ merchant_id: one.optional(), return_to: one.optional() });

@ApiExcludeController()
@Controller('oauth/login')
@UseFilters(PageFilter)
export class LoginController {
  constructor(private readonly login: LoginService) {}

  @Get()
  @RouteConfig({ access: 'public' })
  async show(
    @Req() request: FastifyRequest,
    @Query({ schema: query }) asked: z.infer<typeof query>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendPage(reply, await this.login.show(request, { returnTo: asked.return_to, prompt: asked.prompt }));
  }

  /** The redirect URI at the host platform's issuer (CALLBACK_PATH). */
  @Get('callback')
  @RouteConfig({ access: 'public' })
  async comeBack(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await sendPage(reply, await this.login.comeBack(request));
  }

  @Post()
  @RouteConfig({ access: 'public', body: 'form' })
  async logIn(
    @Req() request: FastifyRequest,
    @Body({ schema: form }) given: z.infer<typeof form>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendPage(reply, await this.login.logIn(request, { merchantId: given.merchant_id, returnTo: given.return_to }));
  }
}
