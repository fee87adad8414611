#!/usr/bin/env bash
# nginx 1.22.1 (Debian 12, nginx 1.22.1-9+deb12u9), auth_request: of several challenges the client gets the first one only.
#
# What one would expect: the client hears every `WWW-Authenticate` of the service that decides, as it does when the same answer comes
# by proxy_pass. RFC 9110 section 11.6.1 lets a server send several, each in a header of its own, so that a client takes the one
# that it can do.
# What happens: all but the first are lost, and nothing is logged. A service that offers Bearer first and Basic after it is one that
# offers no Basic: browsers, git and WebDAV clients behind such a proxy never ask for a name and a password.
#
# Seen:
#   proxy_pass: 401 Bearer realm="a", Basic realm="b"
#   auth_request: 401 Bearer realm="a"
#
# Passes while this is so; fails if it changes. Needs Debian 12's package registry, and curl.
set -euo pipefail

folder=$(mktemp -d)
trap '[ ! -e "$folder/pid" ] || kill "$(cat "$folder/pid")"; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq nginx=1.22.1-9+deb12u9 2>/dev/null
dpkg-deb -x nginx_*.deb .

cat >nginx.conf <<CONF
pid $folder/pid;
error_log $folder/error.log;
events {}
http {
  access_log off;
  client_body_temp_path $folder/body;
  proxy_temp_path $folder/proxy;
  fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi;
  scgi_temp_path $folder/scgi;
  server {
    listen unix:$folder/decides;
    location / {
      add_header WWW-Authenticate 'Bearer realm="a"' always;
      add_header WWW-Authenticate 'Basic realm="b"' always;
      return 401;
    }
  }
  server {
    listen unix:$folder/front;
    location /proxy_pass { proxy_pass http://unix:$folder/decides; }
    location /auth_request { auth_request /decide; }
    location /decide { internal; proxy_pass http://unix:$folder/decides; }
  }
}
CONF
usr/sbin/nginx -p "$folder" -c "$folder/nginx.conf"

for way in proxy_pass auth_request; do
  answer=$(curl --silent --dump-header - --output /dev/null --unix-socket front "http://localhost/$way" | tr -d '\r')
  challenges=$(sed -n 's/^[Ww][Ww][Ww]-[Aa]uthenticate: //p' <<<"$answer" | paste -sd, | sed 's/,/, /g')
  echo "$way: $(awk 'NR == 1 { print $2 }' <<<"$answer") $challenges"
done >seen

cd - >/dev/null
sed -n 's/^#   //p' "$0" | diff - "$folder/seen"
cat "$folder/seen"
