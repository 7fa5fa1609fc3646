'use strict';
// Adapts npm's erlpack, a native module, to the conformance runner. It returns
// plain JavaScript: atoms and binaries are both strings, tuples and lists both
// arrays. So only verdicts are told, neither length nor value.
const erlpack = require('erlpack');
const { serve } = require('./packet');

serve((payload) => {
  erlpack.unpack(payload);
  return {};
});
