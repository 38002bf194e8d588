import { isRegion } from './aliyun-region.ts';

/**
 * Where EventBridge keeps its certificates: `https://<region>-eventbridge.oss-accelerate.aliyuncs.com/…` and nowhere else. The
 * host is the name of a storage bucket, and a name of no region is anybody's to take.
 */
export function isCertificateUrl(text: string): boolean {
  if (text.length > 512 || !URL.canParse(text)) return false;
  const url = new URL(text);
  const region = /^([a-z0-9-]{1,40})-eventbridge\.oss-accelerate\.aliyuncs\.com$/.exec(url.host)?.[1];
  const isPlain = url.protocol === 'https:' && url.username === '' && url.password === '' && url.search === '';
  return isPlain && isRegion(region);
}
