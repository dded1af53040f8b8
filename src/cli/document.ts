/** `brevet document`: a workspace back as a document, without its secrets. */
import { Command } from 'commander';
import { expectAnswer, withManagement, workspacePath } from './ask.ts';
import { say, sayJson } from './output.ts';

export function documentCommand(): Command {
  return new Command('document')
    .description('print a workspace as a document, without its secrets')
    .argument('<slug>', 'the workspace')
    .option('--json', 'print it on one line')
    .addHelpText('after', '\nExample:\n  brevet document acme > acme.json')
    .action(async (slug: string, options: { json?: boolean }) => {
      const document = await withManagement((management) =>
        expectAnswer<object>(management, 'GET', workspacePath(slug, 'document')),
      );
      if (options.json === true) sayJson(document);
      else say(JSON.stringify(document, null, 2));
    });
}
