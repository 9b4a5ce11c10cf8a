"""
The corpus of secrets by syntax: files, commands, queries and sentences as people write them.

Each form is a text with `{s}` for a random secret; the syntax around the secret is the subject. The
values are drawn with a fixed seed, so that no line of this file resembles a credential.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from random import Random
from typing import Final

from support.secrets import ALNUM, Secret, written
from support.token_samples import FORMS, token_sample

_PER_FORM: Final = 3

TEXTS: Final[dict[str, str]] = {
    "YAML": "db:\n  user: bob\n  password: {s}\n",
    "YAML, quoted": "db:\n  password: '{s}'  # rotate\n",
    "YAML block scalar": "password: |\n  {s}\nuser: bob\n",
    "YAML, value on the next line": "password:\n  {s}\nuser: bob\n",
    "YAML, name and value": "env:\n  - name: DB_PASSWORD\n    value: {s}\n",
    "TOML": '[db]\nuser = "bob"\npassword = "{s}"\n',
    "INI with colon": "[db]\nuser : bob\npassword : {s}\n",
    "dotenv": "export DEBUG=1\nexport DB_PASSWORD={s}\n",
    "dotenv, quoted": 'API_TOKEN="{s}"\nDEBUG=1\n',
    "Java properties": "spring.datasource.username=bob\nspring.datasource.password={s}\n",
    "npmrc": "//registry.npmjs.org/:_authToken={s}\n",
    "netrc": "machine api.example login bob password {s}\n",
    "HCL": 'variable "db_password" {{\n  default = "{s}"\n}}\ndb_password = "{s}"\n',
    "nginx": 'proxy_set_header X-Api-Key "{s}";\n',
    "Dockerfile": "ENV DB_PASSWORD={s}\n",
    "docker run": "docker run -e DB_PASSWORD={s} -d app",
    "docker login": "docker login -u bob -p {s} registry.example",
    "mysql, attached": "mysql -h db -u bob -p{s} shop",
    "curl user": "curl -u bob:{s} https://api.example/",
    "curl header": "curl -H 'Authorization: Bearer {s}' https://api.example/",
    "curl header, escaped": 'curl -H \\"X-Api-Key: {s}\\" https://api.example/',
    "kubectl": "kubectl create secret generic db --from-literal=password={s}",
    "vault write": "vault write secret/db password={s}",
    "openssl": "openssl rsa -in key.pem -passin pass:{s}",
    "sshpass": "sshpass -p {s} ssh bob@host",
    "PowerShell": "$p = ConvertTo-SecureString '{s}' -AsPlainText -Force",
    "SQL, IDENTIFIED BY": "CREATE USER bob IDENTIFIED BY '{s}';",
    "SQL, INSERT": "INSERT INTO users (name, password) VALUES ('bob', '{s}');",
    "SQL, WHERE": "SELECT * FROM sessions WHERE token = '{s}'",
    "psql table": " name | password\n------+----------\n bob  | {s}\n",
    "CSV": "name,password\nbob,{s}\n",
    "CSV with semicolons": '"name";"password"\n"bob";"{s}"\n',
    "logfmt": 'level=info user=bob password={s} msg="signed in"',
    "XML element": "<db><user>bob</user><password>{s}</password></db>",
    "XML attribute": '<db user="bob" password="{s}"/>',
    "XML CDATA": "<password><![CDATA[{s}]]></password>",
    "appSettings": '<add key="ApiPassword" value="{s}"/>',
    "HTML form": '<input type="hidden" name="csrf_token" value="{s}">',
    "plist": "<key>password</key>\n<string>{s}</string>",
    "GraphQL": 'mutation {{ signIn(user: "bob", password: "{s}") {{ id }} }}',
    "Python": 'client = Client(user="bob", password="{s}")',
    "Python dict": "{{'user': 'bob', 'password': '{s}'}}",
    "Python repr": "Config(user='bob', password='{s}')",
    "JavaScript": "const apiKey = '{s}';",
    "Ruby": "config = {{ :user => 'bob', :password => '{s}' }}",
    "PHP": "$config['password'] = '{s}';",
    "Go": 'password := "{s}"',
    "C": '#define API_PASSWORD "{s}"',
    "Java setter": 'db.setPassword("{s}");',
    "comparison": "if password == '{s}':",
    "cookie": "Cookie: theme=dark; session_token={s}",
    "set-cookie": "Set-Cookie: session_token={s}; HttpOnly; Path=/",
    "raw request": "POST /in HTTP/1.1\r\nHost: a\r\nX-Api-Key: {s}\r\n\r\n",
    "form": "user=bob&password={s}&go=1",
    "form, nested": "user[name]=bob&user[password]={s}",
    "query": "https://api.example/in?user=bob&access_token={s}",
    "fragment": "https://app.example/#access_token={s}&expires_in=3600",
    "DSN": "postgres://bob:{s}@db.example:5432/shop",
    "DSN, libpq": "host=db user=bob password={s} dbname=shop",
    "JDBC": "jdbc:mysql://db.example/shop?user=bob&password={s}",
    "sentence": "the password is {s}, please change it",
    "error": "authentication failed: invalid API key provided: {s}",
    "escaped JSON": '{{\\"user\\":\\"bob\\",\\"password\\":\\"{s}\\"}}',
    "netrc, lines": "machine ftp.example\n  login bob\n  password {s}\n",
    "git remote": "origin\thttps://oauth2:{s}@gitlab.example/team/app.git (fetch)",
    "Kubernetes secret": "apiVersion: v1\nkind: Secret\nstringData:\n  DB_PASS: {s}\n",
    "Kubernetes credentials": "kubectl config set-credentials bob --token={s}",
    "Helm": "helm upgrade app ./chart --set postgresql.auth.password={s} --wait",
    "Terraform plan": '  + password                         = "{s}"\n  + port = 5432',
    "Terraform state": '{{"outputs":{{"db_password":{{"value":"{s}","sensitive":true}}}}}}',
    "Compose": "services:\n  db:\n    environment:\n      MYSQL_PASSWORD: {s}\n",
    "Compose, list": "    environment:\n      - DATABASE_URL=postgres://app:{s}@db:5432/app",
    "HTTPie": "http -a bob:{s} GET https://api.example/me",
    "wget": "wget --user=bob --password={s} https://api.example/f.tgz",
    "mongosh": "mongosh --username app --password {s} db.example",
    "mongo function": "db.createUser({{user: 'app', pwd: '{s}', roles: []}})",
    "mongo auth": "db.auth('root', '{s}')",
    "sqlcmd": "sqlcmd -S db.example -U sa -P {s} -Q 'select 1'",
    "cqlsh": "cqlsh -u cassandra -p {s} 10.0.0.1",
    "openssl enc": "openssl enc -aes-256-cbc -k {s} -in f",
    "keytool": "keytool -importkeystore -srcstorepass {s} -keystore x.jks",
    "vault login": "vault login {s}",
    "chpasswd": "echo 'bob:{s}' | chpasswd",
    "SNMP v3": "snmpwalk -v3 -u bob -a SHA -A {s} host",
    "Redis AUTH": "AUTH default {s}",
    "Kafka": 'PlainLoginModule required username="app" password="{s}";',
    "connection string": "Server=db;Database=x;User Id=sa;Password={s};",
    "XML pair": "<Parameter><Name>apiKey</Name><Value>{s}</Value></Parameter>",
    "WSSE": '<wsse:Password Type="#PasswordText">{s}</wsse:Password>',
    "cookie jar": ".a.example\tTRUE\t/\tTRUE\t0\tsession\t{s}",
    "HAR cookie": '{{"cookies":[{{"name":"session_token","value":"{s}"}}]}}',
    "CloudFormation": '{{"ParameterKey":"DBPassword","ParameterValue":"{s}"}}',
    "GraphQL variables": '{{"variables":{{"input":{{"currentPassword":"{s}"}}}}}}',
    "GitHub mask": "::add-mask::{s}",
    "Go map": "headers=map[Authorization:[Bearer {s}]]",
    "basic auth call": "HTTPBasicAuth('bob', '{s}')",
    "HMAC call": "crypto.createHmac('sha256', '{s}')",
    "otpauth": "otpauth://totp/Acme:bob?secret={s}&issuer=Acme",
    "Neo4j": "bolt://neo4j:{s}@localhost:7687",
    "RTSP": "rtsp://admin:{s}@10.0.0.7/stream1",
    "German": "Das Kennwort für den Server ist {s}.",
    "German, lautet": "Das neue Passwort lautet {s}, bitte ändern.",
    "Portuguese": "A senha do banco é {s}",
    "Italian": "La password per il portale è {s}",
    "Swedish": "Lösenordet är {s}",
    "Polish": "Hasło do serwera: {s}",
    "Czech": "Heslo je {s}",
    "Russian": "Ваш пароль: {s}",
    "Chinese": "密码是{s}",
    "Japanese": "パスワードは {s} です",
    "Korean": "비밀번호는 {s} 입니다",
    "curl in a list": '["curl", "-u", "bob:{s}", "https://api.example"]',
    "full width name": "ｐａｓｓｗｏｒｄ={s}",
}
"""Texts by syntax; braces are doubled where they belong to the text."""


def syntax_secrets() -> Iterator[Secret]:
    """
    List a secret in every syntax, and a token of every form in prose and in JSON.

    Yields:
        A payload with its secret.
    """
    rng = Random("syntaxes")
    for where, form in TEXTS.items():
        for _ in range(_PER_FORM):
            secret = "".join(rng.choices(ALNUM, k=19)) + "7"
            payload = {"file": form.format(s=secret)}
            yield Secret(f"syntax {where}", written(rng, payload), (secret,))
    for rule_id in FORMS:
        text, secret = token_sample(rule_id)
        # Redaction may keep the documented beginning of a token, but none of its random part.
        for where, payload in (
            ("prose", {"message": f"upstream said {text} at step 3"}),
            ("JSON in text", {"body": json.dumps({"line": f"first\n{text}\n"})}),
        ):
            yield Secret(f"token {rule_id} in {where}", written(rng, payload), (secret,))
    auth = base64.b64encode(f"bob:{'q7' * 9}".encode()).decode()
    docker = {"auths": {"registry.example": {"auth": auth}}}
    yield Secret("docker config", written(rng, docker), (auth,))
