// @ts-check
/**
 * Well-known vendors, as the timeline and the verdict name them: data, with the source of each.
 *
 * "Measured" means that the vendor's own script was run in the sandbox, or its SDK still is in our tests
 * (docs/sdks.md).
 */

/**
 * How to read the events in a vendor's request.
 *
 * @typedef {object} Hit
 * @property {readonly string[]} hosts the host, or a domain above it
 * @property {string} [path] the beginning of the path
 * @property {'query' | 'json'} read where the event is: in the query (and in a body of the same form), or
 *   in a JSON body
 * @property {boolean} [lines] whether each line of the body is an event
 * @property {string} [list] the key of a JSON body that holds the list of events
 * @property {string} [event] the parameter or key that holds the event's name
 * @property {string} [name] the event's name, if no parameter holds it
 * @property {readonly string[]} [fields] the prefixes of parameters that are the event's fields, or the
 *   key of a JSON object that holds them
 *
 * @typedef {object} Vendor
 * @property {string} name
 * @property {string} source
 * @property {readonly string[]} loaders the beginnings of its scripts' URLs, without the scheme
 * @property {string} [call] the function that its snippet calls
 * @property {boolean} [needsJar] whether it sends nothing without cookies and storage
 * @property {boolean} [isContainer] whether its script loads other vendors' and sends nothing by itself
 * @property {readonly Hit[]} hits
 */

/** @type {readonly Vendor[]} */
export const VENDORS = [
  {
    name: 'Google Ads',
    source: 'measured with a stand-in; https://support.google.com/google-ads/answer/7548399',
    loaders: ['www.googletagmanager.com/gtag/js?id=AW-'],
    call: 'gtag',
    hits: [
      { hosts: ['googleadservices.com', 'googleads.g.doubleclick.net'], path: '/pagead/', read: 'query', event: 'en', name: 'conversion', fields: ['label', 'value', 'currency_code'] },
    ],
  },
  {
    name: 'GA4',
    source: 'measured; https://developers.google.com/analytics/devguides/collection/ga4/reference/events',
    loaders: ['www.googletagmanager.com/gtag/js?id=G-', 'www.googletagmanager.com/gtag/js?id=GT-'],
    call: 'gtag',
    needsJar: true,
    hits: [
      {
        hosts: ['google-analytics.com', 'analytics.google.com'],
        path: '/g/collect',
        read: 'query',
        lines: true,
        event: 'en',
        fields: ['ep.', 'epn.'],
      },
    ],
  },
  {
    name: 'Google Tag Manager',
    source: 'measured; https://developers.google.com/tag-platform/tag-manager/web',
    loaders: ['www.googletagmanager.com/gtm.js'],
    isContainer: true,
    hits: [],
  },
  {
    name: 'Meta',
    source: 'measured; https://developers.facebook.com/docs/meta-pixel/reference',
    loaders: ['connect.facebook.net/'],
    call: 'fbq',
    hits: [{ hosts: ['facebook.com'], path: '/tr', read: 'query', event: 'ev', fields: ['cd['] }],
  },
  {
    name: 'Microsoft Ads',
    source: 'measured with a stand-in; https://help.ads.microsoft.com/apex/index/3/en/56684',
    loaders: ['bat.bing.com/bat.js'],
    needsJar: true,
    hits: [{ hosts: ['bat.bing.com'], path: '/action', read: 'query', event: 'ea', name: 'page load', fields: ['ec', 'el', 'ev', 'gv', 'gc'] }],
  },
  {
    name: 'LinkedIn',
    source: 'measured with a stand-in; https://www.linkedin.com/help/lms/answer/a415868',
    loaders: ['snap.licdn.com/li.lms-analytics/'],
    call: 'lintrk',
    hits: [{ hosts: ['px.ads.linkedin.com'], path: '/collect', read: 'query', name: 'page view', event: 'event', fields: ['conversionId'] }],
  },
  {
    name: 'Clarity',
    source: 'measured with a stand-in; https://learn.microsoft.com/en-us/clarity/setup-and-installation/clarity-setup',
    loaders: ['www.clarity.ms/tag/'],
    call: 'clarity',
    needsJar: true,
    hits: [{ hosts: ['clarity.ms'], path: '/collect', read: 'query', name: 'recording' }],
  },
  {
    name: 'TikTok',
    source: 'https://ads.tiktok.com/help/article/standard-events-parameters',
    loaders: ['analytics.tiktok.com/i18n/pixel/'],
    call: 'ttq',
    hits: [{ hosts: ['analytics.tiktok.com'], path: '/api/v2/pixel', read: 'json', event: 'event', fields: ['properties'] }],
  },
  {
    name: 'Pinterest',
    source: 'https://help.pinterest.com/en/business/article/add-event-codes',
    loaders: ['s.pinimg.com/ct/'],
    call: 'pintrk',
    hits: [{ hosts: ['ct.pinterest.com'], path: '/v3', read: 'query', event: 'event', fields: ['ed['] }],
  },
  {
    name: 'Segment',
    source: 'measured (SDK); https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/',
    loaders: ['cdn.segment.com/analytics.js/'],
    hits: [{ hosts: ['api.segment.io'], path: '/v1/', read: 'json', event: 'event', name: 'page', fields: ['properties'] }],
  },
  {
    name: 'Amplitude',
    source: 'measured (SDK); https://amplitude.com/docs/apis/analytics/http-v2',
    loaders: ['cdn.amplitude.com/'],
    hits: [{ hosts: ['amplitude.com'], path: '/2/httpapi', read: 'json', list: 'events', event: 'event_type', fields: ['event_properties'] }],
  },
  {
    name: 'Plausible',
    source: 'measured (SDK); https://plausible.io/docs/events-api',
    loaders: ['plausible.io/js/'],
    call: 'plausible',
    hits: [{ hosts: ['plausible.io'], path: '/api/event', read: 'json', event: 'n', fields: ['p'] }],
  },
  {
    name: 'Matomo',
    source: 'https://developer.matomo.org/api-reference/tracking-api',
    loaders: ['cdn.matomo.cloud/'],
    hits: [{ hosts: ['matomo.cloud'], path: '/matomo.php', read: 'query', event: 'e_a', name: 'page view', fields: ['e_c', 'e_n', 'e_v'] }],
  },
];
