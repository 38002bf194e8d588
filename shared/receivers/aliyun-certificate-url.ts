/**
 * Regions of Alibaba Cloud (alibabacloud.com/help/basics-for-beginners/latest/regions-and-zones). They are listed because the
 * host is the name of a storage bucket, and a name of no region is anybody's to take.
 */
const regions: ReadonlySet<string> = new Set([
  'cn-qingdao',
  'cn-beijing',
  'cn-zhangjiakou',
  'cn-huhehaote',
  'cn-wulanchabu',
  'cn-hangzhou',
  'cn-shanghai',
  'cn-nanjing',
  'cn-fuzhou',
  'cn-wuhan-lr',
  'cn-shenzhen',
  'cn-heyuan',
  'cn-guangzhou',
  'cn-chengdu',
  'cn-hongkong',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-5',
  'ap-southeast-6',
  'ap-southeast-7',
  'ap-south-1',
  'us-east-1',
  'us-west-1',
  'eu-west-1',
  'eu-central-1',
  'me-east-1',
  'me-central-1',
]);

/** Where EventBridge keeps its certificates: `https://<region>-eventbridge.oss-accelerate.aliyuncs.com/…` and nowhere else. */
export function isCertificateUrl(text: string): boolean {
  if (text.length > 512 || !URL.canParse(text)) return false;
  const url = new URL(text);
  const region = /^([a-z0-9-]{1,40})-eventbridge\.oss-accelerate\.aliyuncs\.com$/.exec(url.host)?.[1];
  const isPlain = url.protocol === 'https:' && url.username === '' && url.password === '' && url.search === '';
  return isPlain && region !== undefined && regions.has(region);
}
