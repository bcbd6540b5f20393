/** Where Slack sends its events. */
export const slackUrl = (publicUrl: string, id: string) => `${publicUrl}/api/public/slack/${id}`;

/** The app for Slack, to be pasted there under “From a manifest” (docs.slack.dev/reference/app-manifest). */
export function slackManifest(name: string, requestUrl: string): object {
  return {
    display_information: { name: name.slice(0, 35) },
    features: {
      bot_user: { display_name: name.slice(0, 80), always_online: true },
      app_home: { messages_tab_enabled: true, messages_tab_read_only_enabled: false },
    },
    oauth_config: {
      scopes: {
        bot: ['app_mentions:read', 'channels:history', 'chat:write', 'groups:history', 'im:history'],
      },
    },
    settings: {
      event_subscriptions: {
        request_url: requestUrl,
        bot_events: ['app_mention', 'message.channels', 'message.groups', 'message.im'],
      },
      org_deploy_enabled: false,
      socket_mode_enabled: false,
      token_rotation_enabled: false,
    },
  };
}
