/** Imported first: every product of this test file is two nodes behind a real reverse proxy. */
process.env['BEHIND_PROXY'] = 'yes';
