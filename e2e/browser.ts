import fs from 'node:fs';
import path from 'node:path';
import { findBrowser, ROOT } from '@hookwright/local';
import { type Browser as Chromium, chromium, type Locator, type Page } from 'playwright-core';

// Not in the repository: for people to look at after a run.
const SCREENSHOTS = path.join(ROOT, '.hookwright/screenshots');
const MAX_TABS = 30;

export const DESKTOP = { viewport: { width: 1280, height: 800 } } as const;
/** A small phone, and no JavaScript: the pages promise to need none. */
export const PHONE = {
  viewport: { width: 375, height: 667 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
  javaScriptEnabled: false,
} as const;

type Device = NonNullable<Parameters<Chromium['newContext']>[0]>;

/** A real Chromium without a screen. */
export class Browser {
  private constructor(private readonly chromium: Chromium) {}

  static async start(): Promise<Browser> {
    const executablePath = findBrowser();
    if (executablePath === undefined) throw new Error('there is no Chromium: npm test installs it, or say in CHROMIUM where one is');
    // As root Chromium's own sandbox refuses to work, and containers have too small a /dev/shm. It opens pages of ours alone.
    const args = [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '--disable-dev-shm-usage'];
    fs.mkdirSync(SCREENSHOTS, { recursive: true });
    return new Browser(await chromium.launch({ executablePath, args }));
  }

  /** A person's browser: cookies of its own. Every click waits a minute at most, as the whole system is new to the machine. */
  async person(device: Device): Promise<Person> {
    const context = await this.chromium.newContext(device);
    context.setDefaultTimeout(60_000);
    return new Person(await context.newPage());
  }

  async stop(): Promise<void> {
    await this.chromium.close();
  }
}

/** Somebody in front of a browser, by what he can see and press. */
export class Person {
  constructor(readonly page: Page) {}

  async open(url: string): Promise<void> {
    await this.page.goto(url);
  }

  /** A picture of the whole page. */
  async look(name: string): Promise<void> {
    await this.page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`), fullPage: true });
  }

  heading(text: string | RegExp): Locator {
    return this.page.getByRole('heading', { level: 1, name: text });
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  box(name: string): Locator {
    return this.page.getByRole('checkbox', { name });
  }

  /** Goes there with the Tab key and nothing else, and sees where he is. */
  async tabTo(target: Locator): Promise<void> {
    const focused = target.and(this.page.locator(':focus'));
    for (let tabs = 0; tabs < MAX_TABS; tabs++) {
      await this.page.keyboard.press('Tab');
      if ((await focused.count()) === 1) {
        const outline = await this.page.evaluate('getComputedStyle(document.activeElement).outline');
        if (!String(outline).includes('solid 3px')) throw new Error(`the focus cannot be seen: ${String(outline)}`);
        return;
      }
    }
    throw new Error(`not reached with ${MAX_TABS} tabs: ${String(target)}`);
  }

  /** Presses a button or a box without a mouse. */
  async press(key: 'Enter' | 'Space', target: Locator): Promise<void> {
    await this.tabTo(target);
    await this.page.keyboard.press(key);
  }

  /** By how much the page is wider than the screen, in CSS pixels: 0, or one has to scroll sideways. */
  async overflow(): Promise<number> {
    return Number(await this.page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'));
  }

  async leave(): Promise<void> {
    await this.page.context().close();
  }
}
