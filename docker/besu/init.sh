#!/bin/sh
# Makes the genesis and four validator keys once, then a static-nodes list, all in the shared volume.
set -eu
[ -f /chain/genesis.json ] && exit 0
rm -rf /chain/made
/opt/besu/bin/besu operator generate-blockchain-config --config-file=/config/qbft-config.json --to=/chain/made --private-key-file-name=key
n=1
list=''
for keys in /chain/made/keys/*; do
  mkdir -p "/chain/validator$n"
  cp "$keys/key" "/chain/validator$n/key"
  public=$(sed 's/^0x//' "$keys/key.pub")
  list="$list${list:+,}\"enode://$public@10.77.0.1$n:30303\""
  n=$((n + 1))
done
for n in 1 2 3 4; do printf '[%s]\n' "$list" >"/chain/validator$n/static-nodes.json"; done
cp /chain/made/genesis.json /chain/genesis.json
