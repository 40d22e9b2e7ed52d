// Chromium, driven from Python: each line of input asks for one call, and each line of output answers it.
// A call is the name of a method of Playwright's page, such as "click" or "keyboard.press", and its arguments.
const {chromium} = require('playwright-core');

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
let browser, page, kind, requests, complaints;

const own = {
  async open(address, options) {                // in a new tab where the options differ or the clock was not the real one
    if (kind !== JSON.stringify(options)) {
      await page?.context().close();
      kind = JSON.stringify(options);
      page = await (await browser.newContext(options)).newPage();
      page.on('request', request => request.isNavigationRequest() || requests.push(request.url()));
      page.on('pageerror', error => complaints.push(`${error}`));
      page.on('dialog', dialog => complaints.push(`dialog: ${dialog.message()}`));
      page.on('console', message => /error|warning/.test(message.type()) && complaints.push(message.text()));
      page.setDefaultTimeout(5000);
    }
    [requests, complaints] = [[], []];
    await page.emulateMedia({media: null});
    await page.setViewportSize(options.viewport);
    await page.goto('about:blank');             // an address that differs in its hash alone is loaded as well
    await page.goto(address);
  },
  noticed() {                                   // requests, errors and dialogs since the last call
    const since = [...requests, ...complaints];
    [requests, complaints] = [[], []];
    return since;
  },
  async violations(options) {                   // of the rules of accessibility that axe-core knows
    await page.evaluate(require('axe-core').source);
    const {violations} = await page.evaluate(`axe.run(${JSON.stringify(options)})`);
    return violations.map(({id, nodes}) => `${id}: ${nodes.map(node => node.target).join('; ')}`);
  },
  accessibility: () => page.locator('body').ariaSnapshot(),  // the tree that a screen reader gets
  framed: (selector, method, ...values) => page.frameLocator('iframe').locator(selector)[method](...values),
};

function called({name, values}) {
  if (own[name]) return own[name](...values);
  if (name.startsWith('clock')) kind = null;
  const path = name.split('.'), method = path.pop();
  return path.reduce((object, key) => object[key], page)[method](...values);
}

(async () => {
  browser = await chromium.launch({executablePath: process.argv[2], args: FLAGS});
  for await (const line of require('readline').createInterface({input: process.stdin})) {
    let answer;
    try {
      const result = await called(JSON.parse(line));
      answer = {result: Buffer.isBuffer(result) ? null : result ?? null};
    } catch (error) {
      answer = {error: `${error}`};
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  await browser.close();
})();
