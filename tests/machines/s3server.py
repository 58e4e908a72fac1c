#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""s3server.py FOLDER PORT - OpenStack Swift with its S3 API at 127.0.0.1:PORT, all of it in FOLDER, until it is killed.

One node, one replica, a cache that is not there (without one in its pipeline it answers nothing): the four servers of a ring (account, container, object, and the proxy with s3api), each a process.
The key is test:tester, the secret is testing.
"""
import os
import sys

folder, port = os.path.abspath(sys.argv[1]), int(sys.argv[2])
ports = {'account': port + 1, 'container': port + 2, 'object': port + 3}

SWIFT = '''[swift-hash]
swift_hash_path_suffix = suffix
swift_hash_path_prefix = prefix
[storage-policy:0]
name = one
default = yes
'''
SERVER = '''[DEFAULT]
devices = {folder}/devices
mount_check = false
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
swift_dir = {folder}
user = root
fallocate_reserve = 0
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
'''
PROXY = '''[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
swift_dir = {folder}
user = root
[pipeline:main]
pipeline = catch_errors cache s3api tempauth slo proxy-server
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{nobody}
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
min_segment_size = 1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:slo]
use = egg:swift#slo
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
'''


def write(name, text):
    with open(os.path.join(folder, name), 'w') as f:
        f.write(text)


def make_ring(kind):
    from swift.common.ring import RingBuilder
    builder = RingBuilder(4, 1, 0)
    builder.add_dev({'id': 0, 'region': 1, 'zone': 1, 'ip': '127.0.0.1', 'port': ports[kind], 'device': 'disk', 'weight': 1, 'meta': '',
                     'replication_ip': '127.0.0.1', 'replication_port': ports[kind]})
    builder.rebalance()
    builder.get_ring().save(os.path.join(folder, kind + '.ring.gz'))


os.makedirs(os.path.join(folder, 'devices', 'disk'))
write('swift.conf', SWIFT)
from swift.common.utils import set_swift_dir  # noqa: E402
set_swift_dir(folder)
for kind in ports:
    make_ring(kind)
    write(kind + '.conf', SERVER.format(folder=folder, port=ports[kind], kind=kind))
write('proxy.conf', PROXY.format(folder=folder, port=port, nobody=port + 4))

from swift.common.wsgi import run_wsgi  # noqa: E402
children = []
for kind in ('account', 'container', 'object', 'proxy'):
    child = os.fork()
    if child == 0:
        sys.exit(run_wsgi(os.path.join(folder, kind + '.conf'), kind + '-server', default_port=port))
    children.append(child)
for child in children:
    os.waitpid(child, 0)
