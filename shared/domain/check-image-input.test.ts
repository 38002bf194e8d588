import { describe, expect, it } from 'vitest';
import { imageInputFault } from './check-image-input.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('imageInputFault', () => {
  it.each([
    '$[sources.image]',
    '$[sources.image.reference]',
    '$[sources.image.dockerUrl]',
    '$[jobs.eu.deploy.artifacts.default]',
    `registry.example.com/shop@${digest}`,
    `registry.example.com/shop:1.0@${digest}`,
    'registry.example.com/shop@${DIGEST}',
    'registry.example.com/shop@$[sources.image.digest]',
    '${image}',
    '$[broken',
  ])('takes %s', (text) => {
    expect(imageInputFault(text)).toBeUndefined();
  });

  it.each([
    'registry.example.com/shop:1.0',
    'registry.example.com/shop',
    'nginx',
    'registry.example.com/shop:${TAG}',
    'registry.example.com/shop:$[sources.image.tag]',
    '$[sources.image.tag]',
    '$[sources.image.digest]',
    '$[stages.pre.main.deploy.artifacts.default#version]',
  ])('demands a digest of %s', (text) => {
    expect(imageInputFault(text)).toMatchObject({ code: 'digestRequired' });
  });

  it.each(['', 'Not An Image', `registry.example.com/shop@sha256:abc`])('refuses %j', (text) => {
    expect(imageInputFault(text)?.code).toBeUndefined();
    expect(imageInputFault(text)?.message).toContain('is no image');
  });
});
