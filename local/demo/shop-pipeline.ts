/** What the demo puts: the stages of examples/shop.yaml with short names. */
export const shopPipeline = {
  name: 'shop',
  description: 'Shop web front',
  sources: {
    image: { type: 'registry', repository: 'registry.local/demo/shop', on: ['push'], tags: { include: ['shop-V*'] } },
  },
  stages: {
    pre: {
      environment: 'pre-release',
      steps: { deploy: { step: 'directory', with: { path: 'pre-release', image: '$[sources.image]' } } },
    },
    prod: {
      needs: ['pre'],
      environment: 'production',
      gates: [
        { verified: { environment: 'pre-release' } },
        { approval: { groups: ['release-managers'], count: 1, timeout: '1h', forbidSelf: true } },
      ],
      steps: {
        deploy: {
          step: 'directory',
          with: { path: 'production', image: '$[stages.pre.main.deploy.artifacts.default]' },
        },
      },
    },
  },
};

const page = (edition: string) => `<!doctype html><title>Shop</title><h1>${edition}</h1>\n`;

/** A small website; its first line of text tells which one it is. */
export function websiteFiles(edition: string): Readonly<Record<string, string>> {
  return {
    'index.html': page(edition),
    'style.css': 'h1 { font-family: serif }\n',
    'robots.txt': 'User-agent: *\nAllow: /\n',
  };
}

/** The edition that a page shows. */
export function editionOf(html: string): string {
  return /<h1>(.*)<\/h1>/.exec(html)?.[1] ?? 'something else';
}
