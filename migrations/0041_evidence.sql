-- Evidence packs of many messages: a way of bulk actions, a format of exports.

alter table communication_exports drop constraint communication_exports_format_check;
alter table communication_exports add constraint communication_exports_format_check
    check (format in ('csv', 'jsonl', 'evidence'));
alter table bulk_actions drop constraint bulk_actions_action_check;
alter table bulk_actions add constraint bulk_actions_action_check
    check (action in ('resend', 'release', 'hold', 'cancel', 'mark', 'tag', 'untag', 'export', 'evidence'));
