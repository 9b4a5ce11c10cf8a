"""
The corpus of secrets by file and program: configurations, traces, dumps and messages.

`§` in a form stands for a random secret, so that no line of this file resembles a credential. The
forms were written without knowledge of the recognisers, to find what they miss.
"""

# ruff: noqa: E501 - a form is read best on one line

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from random import Random
from typing import Final

from support.secrets import ALNUM, Secret

_MARK: Final = "§"

FILES: Final[dict[str, str]] = {
    # Containers and clusters.
    "compose, map": "services:\n  db:\n    image: postgres:16\n    environment:\n      POSTGRES_PASSWORD: §\n",
    "compose, list": "services:\n  db:\n    environment:\n      - POSTGRES_USER=app\n      - POSTGRES_PASSWORD=§\n",
    "compose, command": "services:\n  redis:\n    command: redis-server --requirepass §\n",
    "compose, url": "    environment:\n      DATABASE_URL: postgresql+asyncpg://app:§@db:5432/app\n",
    "k8s secret": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: §\n",
    "k8s env": "    env:\n    - name: STRIPE_SECRET_KEY\n      value: §\n    - name: PORT\n      value: '80'\n",
    "k8s env, json": '{"env":[{"name":"MYSQL_ROOT_PASSWORD","value":"§"},{"name":"PORT","value":"80"}]}',
    "helm values": "auth:\n  enabled: true\n  rootPassword: §\n  replicationUser: repl\n",
    "helm set": "helm upgrade --install app ./chart --set auth.password=§ --wait",
    "docker config": '{"auths":{"registry.example":{"username":"ci","password":"§"}}}',
    "docker run env": "docker run --rm -e PGPASSWORD=§ -v /tmp:/tmp postgres psql -h db",
    "docker build arg": "docker build --build-arg NPM_TOKEN=§ -t app .",
    "docker inspect": '"Env": [\n  "PATH=/usr/bin",\n  "RABBITMQ_DEFAULT_PASS=§"\n]',
    "kubeconfig token": "users:\n- name: ci\n  user:\n    token: §\n",
    # Infrastructure.
    "terraform variable": 'db_password = "§"\nregion      = "eu-central-1"\n',
    "terraform state": '{"type":"aws_db_instance","instances":[{"attributes":{"username":"app","password":"§","port":5432}}]}',
    "terraform random": '{"type":"random_password","instances":[{"attributes":{"length":24,"result":"§","special":true}}]}',
    "terraform provider": 'provider "datadog" {\n  api_key = "§"\n  site    = "eu"\n}\n',
    "terraform plan": '  + resource "aws_db_instance" "main" {\n      + password = "§"\n    }\n',
    "ansible vars": "ansible_user: deploy\nansible_become_pass: §\n",
    "ansible inventory": "web1 ansible_host=10.0.0.5 ansible_user=deploy ansible_ssh_pass=§\n",
    "pulumi config": "config:\n  aws:region: eu-central-1\n  app:dbPassword: §\n",
    "cloudformation": "Parameters:\n  DBPassword:\n    Type: String\n    NoEcho: true\n    Default: §\n",
    "vault read": "Key                Value\n---                -----\nlease_id           database/creds/app/2x\npassword           §\nusername           v-app\n",
    "vault json": '{"request_id":"1","data":{"data":{"password":"§","username":"app"},"metadata":{"version":2}}}',
    "vault unseal": "Unseal Key 1: §\nUnseal Key 2: (hidden)\n",
    "vault root token": "Initial Root Token: hvs.§\n",
    "consul": 'acl {\n  tokens {\n    agent = "§"\n  }\n}\n',
    # Continuous integration.
    "github log env": "2026-11-29T10:00:01.123Z env:\n2026-11-29T10:00:01.124Z   DEPLOY_TOKEN: §\n",
    "github log command": '##[group]Run curl -H "Authorization: token §" https://api.github.com/user\n',
    "github workflow": "      - run: deploy\n        env:\n          API_SECRET: §\n",
    "gitlab variables": "variables:\n  DEPLOY_PASSWORD: '§'\n  STAGE: prod\n",
    "jenkins": "withCredentials: using password '§' for user 'ci'",
    "circleci": "circleci context store-secret --org acme --env-var TOKEN=§",
    "travis": "env:\n  global:\n    - NPM_TOKEN=§\n",
    # Package managers.
    "npmrc basic": "//npm.example/:_password=§\n//npm.example/:username=ci\n",
    "npmrc token": "//npm.example/:_authToken=§\n",
    "yarnrc": "npmRegistries:\n  //npm.example:\n    npmAuthToken: §\n",
    "pypirc": "[pypi]\nusername = __token__\npassword = §\n",
    "pip conf": "[global]\nindex-url = https://ci:§@pypi.example/simple\n",
    "pip command": "pip install --index-url https://ci:§@pypi.example/simple app",
    "poetry": "poetry config http-basic.acme ci §",
    "maven settings": "<server>\n  <id>releases</id>\n  <username>ci</username>\n  <password>§</password>\n</server>",
    "gradle properties": "ossrhUsername=ci\nossrhPassword=§\nsigning.keyId=24875D73\nsigning.password=§\n",
    "cargo credentials": '[registry]\ntoken = "§"\n',
    "nuget": '<add key="ClearTextPassword" value="§" />',
    "gem credentials": "---\n:rubygems_api_key: §\n",
    "composer auth": '{"http-basic":{"repo.example":{"username":"ci","password":"§"}}}',
    "composer oauth": '{"github-oauth":{"github.com":"§"}}',
    # Machines.
    "netrc lines": "machine api.example\n  login bob\n  password §\n",
    "nginx auth header": 'proxy_set_header Authorization "Basic §";\n',
    "nginx secure link": "auth_jwt_key_request; set $secret_key '§';\n",
    "htpasswd command": "htpasswd -b /etc/nginx/.htpasswd bob §",
    "apache env": 'SetEnv DB_PASSWORD "§"\n',
    "systemd unit": "[Service]\nEnvironment=APP_SECRET=§\nExecStart=/usr/bin/app\n",
    "systemd unit, quoted": '[Service]\nEnvironment="DB_PASSWORD=§" "DEBUG=1"\n',
    "wireguard": "[Interface]\nPrivateKey = §\nAddress = 10.0.0.2/32\n",
    "wireguard psk": "[Peer]\nPublicKey = abc\nPresharedKey = §\n",
    "wpa supplicant": 'network={\n  ssid="home"\n  psk="§"\n}\n',
    "ipsec": '10.0.0.1 10.0.0.2 : PSK "§"\n',
    "ppp": '"bob" * "§" *\n# Secrets for authentication using CHAP\n',
    "snmp": "rocommunity § 10.0.0.0/8\n",
    "snmp v3": "createUser bob SHA § AES\n",
    "smb mount": "mount -t cifs //nas/x /mnt -o username=bob,password=§,vers=3.0",
    "fstab": "//nas/x /mnt cifs username=bob,password=§,uid=1000 0 0\n",
    "ssh command": "sshpass -p '§' ssh -o StrictHostKeyChecking=no bob@host",
    "expect": 'expect "assword:"\nsend "§\\r"\n',
    "cron": "0 3 * * * MYSQL_PWD=§ mysqldump -u backup shop > /b.sql\n",
    "crypttab passphrase": "passphrase: §\n",
    "grub": 'set superusers="root"\npassword root §\n',
    "borg": "export BORG_PASSPHRASE='§'\n",
    "restic": "RESTIC_PASSWORD=§ restic -r s3:s3.example/b backup /data",
    "gpg": "gpg --batch --passphrase § -c file",
    "keytool": "keytool -list -keystore k.jks -storepass §",
    "sudo": "echo '§' | sudo -S systemctl restart app",
    # Windows.
    "powershell variable": "$Password = '§'\n",
    "powershell env": '$env:AZURE_CLIENT_SECRET = "§"\n',
    "powershell credential": "New-Object PSCredential('bob', (ConvertTo-SecureString '§' -AsPlainText -Force))",
    "powershell parameter": "Connect-Thing -Server sql1 -Username sa -Password §",
    "registry": 'Windows Registry Editor Version 5.00\n[HKEY_LOCAL_MACHINE\\Winlogon]\n"DefaultPassword"="§"\n',
    "batch": "set DB_PASSWORD=§\r\nnet use \\\\nas\\x\r\n",
    "net use": "net use Z: \\\\nas\\x /user:bob §",
    "setx": 'setx API_TOKEN "§"',
    "unattend": "<AdministratorPassword>\n  <Value>§</Value>\n  <PlainText>true</PlainText>\n</AdministratorPassword>",
    "schtasks": "schtasks /create /tn job /ru bob /rp § /tr job.exe",
    "runas": "psexec \\\\host -u admin -p § cmd",
    # Requests.
    "curl -v header": "> GET /v1/me HTTP/1.1\n> Host: api.example\n> Authorization: Bearer §\n> Accept: */*\n",
    "curl -v cookie": "< HTTP/2 200\n< set-cookie: session=§; Path=/; HttpOnly\n< content-type: text/html\n",
    "curl data": "curl -X POST https://api.example/login -d 'username=bob&password=§'",
    "curl json": 'curl https://api.example/login --json \'{"user":"bob","password":"§"}\'',
    "curl key": "curl -H 'apikey: §' https://api.example/",
    "wget": "wget --user=bob --password=§ https://files.example/x",
    "httpie": "http POST api.example/login X-API-Token:§ name=bob",
    "postman auth": '{"auth":{"type":"bearer","bearer":[{"key":"token","value":"§","type":"string"}]}}',
    "postman apikey": '{"auth":{"type":"apikey","apikey":[{"key":"value","value":"§"},{"key":"key","value":"X-API-Key"}]}}',
    "postman variable": '{"values":[{"key":"client_secret","value":"§","enabled":true}]}',
    "har header": '{"request":{"headers":[{"name":"accept","value":"*/*"},{"name":"authorization","value":"Bearer §"}]}}',
    "har cookie": '{"cookies":[{"name":"sessionid","value":"§","path":"/","httpOnly":true}]}',
    "har post": '{"postData":{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"password","value":"§"}]}}',
    "access log query": '10.0.0.1 - - [29/Nov/2026:10:00:00 +0000] "GET /cb?code=1&access_token=§ HTTP/1.1" 200 12',
    "cookie in a log": "WARN request failed cookies: {'sessionid': '§', 'lang': 'de'}",
    "set-cookie list": '{"set-cookie":["auth_token=§; Secure","lang=de"]}',
    "s3 presigned": "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=x%2F20261129&X-Amz-Signature=§&X-Amz-SignedHeaders=host",
    "azure sas": "https://acct.blob.core.windows.net/c/b?sv=2022-11-02&se=2026-12-01T00%3A00Z&sr=b&sp=r&sig=§",
    "gcs signed": "https://storage.googleapis.com/b/o?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Signature=§",
    "magic link": "https://app.example/reset?token=§&lang=de",
    "oauth callback": "https://app.example/cb#access_token=§&token_type=bearer&expires_in=3600",
    "git remote": "origin\thttps://ci:§@git.example/acme/app.git (fetch)\n",
    "git clone": "fatal: unable to access 'https://oauth2:§@gitlab.example/a/b.git/': 403",
    "git credential": "protocol=https\nhost=git.example\nusername=bob\npassword=§\n",
    "websocket": "wss://stream.example/ws?apiKey=§&v=2",
    "proxy": "HTTPS_PROXY=http://bob:§@proxy.example:3128",
    "webhook secret": '{"config":{"url":"https://a.example/h","content_type":"json","secret":"§"}}',
    "grpc metadata": "metadata: [('authorization', 'Bearer §'), ('x-request-id', '7')]",
    "raw request": "POST /token HTTP/1.1\r\nHost: a.example\r\n\r\ngrant_type=client_credentials&client_id=app&client_secret=§",
    "graphql": 'mutation { login(email: "bob@example.com", password: "§") { id } }',
    "graphql variables": '{"query":"mutation L($p: String!) { l(p: $p) }","variables":{"password":"§"}}',
    # Connection strings.
    "ado.net": "Server=tcp:sql1,1433;Initial Catalog=shop;User ID=app;Password=§;Encrypt=True;",
    "ado.net pwd": "Data Source=sql1;Uid=app;Pwd=§;",
    "odbc": "DRIVER={ODBC Driver 18 for SQL Server};SERVER=sql1;UID=app;PWD=§",
    "odbc braces": "DRIVER={PostgreSQL};UID=app;PWD={§};SERVER=db",
    "jdbc query": "jdbc:postgresql://db:5432/shop?user=app&password=§&ssl=true",
    "jdbc semicolon": "jdbc:sqlserver://sql1:1433;databaseName=shop;user=app;password=§;",
    "jdbc oracle": "jdbc:oracle:thin:app/§@db:1521/ORCL",
    "jdbc call": 'DriverManager.getConnection("jdbc:mysql://db/shop", "app", "§")',
    "storage account": "DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=§;EndpointSuffix=core.windows.net",
    "service bus": "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=§",
    "mongodb": "mongodb+srv://app:§@cluster0.example.net/shop?retryWrites=true",
    "amqp": "amqps://app:§@mq.example:5671/%2Fprod",
    "redis url": "redis://:§@cache.example:6379/0",
    "snowflake": "snowflake://app:§@acct/db/public?warehouse=w",
    "libpq": "host=db port=5432 dbname=shop user=app password=§ sslmode=require",
    "libpq quoted": "host=db user=app password='§' dbname=shop",
    "sqlplus": "sqlplus app/§@ORCL",
    "bcp": "bcp shop.dbo.t out t.dat -S sql1 -U sa -P §",
    # Protocols and logs.
    "ldif": "dn: cn=bob,dc=example,dc=com\nobjectClass: person\nuserPassword: §\n",
    "ldapsearch": "ldapsearch -x -D cn=admin,dc=example -w § -b dc=example",
    "smtp login": "S: 334 VXNlcm5hbWU6\nC: Ym9i\nS: 334 UGFzc3dvcmQ6\nC: §\nS: 235 2.7.0 Authentication successful\n",
    "smtp plain": "C: AUTH PLAIN §\nS: 235 2.7.0 OK\n",
    "ftp": "USER bob\r\n331 Please specify the password.\r\nPASS §\r\n230 Login successful.\r\n",
    "imap": "a1 LOGIN bob §\r\na1 OK LOGIN completed\r\n",
    "redis auth": "127.0.0.1:6379> AUTH §\nOK\n",
    "redis acl": "ACL SETUSER app on >§ ~* +@all",
    "redis conf": "requirepass §\nmasterauth §\n",
    "redis cli": "redis-cli -h cache -a § ping",
    "kafka jaas": 'sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="app" password="§";\n',
    "kafka keystore": "ssl.keystore.password=§\nssl.key.password=§\n",
    "mqtt": "mosquitto_pub -h mq -u bob -P § -t t -m hi",
    "sip": "register => bob:§@sip.example\n",
    "sql alter": "ALTER USER app WITH PASSWORD '§';",
    "sql create login": "CREATE LOGIN app WITH PASSWORD = N'§', CHECK_POLICY = OFF;",
    "sql set": "UPDATE users SET password = '§', updated_at = now() WHERE id = 7",
    "sql insert": "INSERT INTO `users` (`id`, `email`, `password`) VALUES (7, 'bob@example.com', '§')",
    "sql log parameters": "INSERT INTO users (email, api_key) VALUES ($1, $2) -- parameters: $1 = 'bob@example.com', $2 = '§'",
    "rails log": 'Parameters: {"user"=>{"email"=>"bob@example.com", "password"=>"§"}}',
    "php array": "array('driver' => 'mysql', 'username' => 'app', 'password' => '§')",
    "php define": "define( 'DB_PASSWORD', '§' );",
    "var_dump": 'array(2) {\n  ["user"]=>\n  string(3) "bob"\n  ["password"]=>\n  string(16) "§"\n}',
    "print_r": "Array\n(\n    [user] => bob\n    [password] => §\n)\n",
    "go struct": "{User:bob Password:§ Host:db}",
    "go struct, names": '&config.DB{User:"bob", Password:"§", Port:5432}',
    "rust debug": 'Config { user: "bob", api_key: "§", retries: 3 }',
    "java toString": "DbConfig(user=bob, password=§, port=5432)",
    "java setter": 'dataSource.setPassword("§");',
    "c# property": 'new SmtpClient { Credentials = new NetworkCredential("bob", "§") }',
    "kotlin map": "{user=bob, password=§, port=5432}",
    "elixir": '[username: "app", password: "§", hostname: "db"]',
    "clojure": '{:user "bob" :password "§" :port 5432}',
    "ruby hash": '{:user=>"bob", :password=>"§"}',
    "lua": 'conn = { user = "bob", password = "§" }',
    "swift": 'let apiKey: String = "§"',
    "typescript": "export const clientSecret: string = '§';",
    "js env": "process.env.SECRET_KEY_BASE = '§';",
    "makefile": "deploy: export API_TOKEN := §\n",
    "cmake": 'set(SIGNING_PASSWORD "§")\n',
    "vim": "let g:openai_api_key = '§'",
    "emacs": '(setq smtp-password "§")',
    # Python.
    "dataclass repr": "Settings(user='bob', password='§', port=5432)",
    "pydantic error": "1 validation error for Settings\npassword\n  String should have at least 40 characters [type=string_too_short, input_value='§', input_type=str]",
    "dict repr": "{'user': 'bob', 'password': '§', 'port': 5432}",
    "nested dict repr": "{'db': {'credentials': {'user': 'bob', 'secret': '§'}}}",
    "bytes repr": "{b'authorization': b'Bearer §'}",
    "boto3 client": "boto3.client('s3', aws_access_key_id='x', aws_secret_access_key='§')",
    "boto3 credentials": "Credentials(access_key='x', secret_key='§', token=None, method='env')",
    "sqlalchemy": "create_engine('postgresql://app:§@db/shop', echo=True)",
    "requests auth": "requests.get(url, auth=('bob', '§'))",
    "httpx auth": "httpx.Client(auth=httpx.BasicAuth('bob', '§'))",
    "paramiko": "ssh.connect('host', username='bob', password='§')",
    "stack with arguments": 'File "a.py", line 3, in connect\n    conn = connect(host="db", password="§")\nOperationalError: no route',
    "stack with locals": "Locals:\n  user = 'bob'\n  password = '§'\n  retries = 3\n",
    "os.environ": "environ({'HOME': '/root', 'DJANGO_SECRET_KEY': '§'})",
    "argparse namespace": "Namespace(host='db', password='§', verbose=True)",
    "sys.argv": "['deploy.py', '--token', '§', '--env', 'prod']",
    "click": "Usage: deploy --password=§ --env prod",
    "subprocess": "Command '['mysql', '-u', 'root', '-p§', 'shop']' returned non-zero exit status 1.",
    "django settings": "SECRET_KEY = '§'\nDEBUG = False\n",
    "flask": "app.config['SECRET_KEY'] = '§'",
    "celery": "broker_url = 'amqp://app:§@mq//'\n",
    "airflow": "AIRFLOW_CONN_DB='postgres://app:§@db:5432/shop'",
    "dbt profile": 'shop:\n  outputs:\n    dev:\n      type: snowflake\n      password: "§"\n',
    "jupyter": "c.NotebookApp.token = '§'",
    "streamlit": '[connections.db]\nusername = "bob"\npassword = "§"\n',
    "aws config": "[default]\naws_access_key_id = x\naws_secret_access_key = §\n",
    "aws cli": "aws configure set aws_secret_access_key §",
    "heroku": "heroku config:set SECRET_KEY_BASE=§ -a app",
    "flyctl": "fly secrets set STRIPE_KEY=§",
    "az": "az login --service-principal -u app -p § --tenant t",
    "s3cmd": "access_key = x\nsecret_key = §\n",
    "rclone": "[nas]\ntype = sftp\nuser = bob\npass = §\n",
    # YAML's ways.
    "yaml anchor": "base: &base\n  password: &pw §\nprod:\n  <<: *base\n",
    "yaml flow": "db: {user: bob, password: §, port: 5432}\n",
    "yaml flow quoted": 'db: { "user": "bob", "password": "§" }\n',
    "yaml tag": "password: !!str §\n",
    "yaml block": "password: |-\n  §\nport: 1\n",
    "yaml folded": "api_key: >\n  §\nport: 1\n",
    "yaml deep list": "users:\n  - name: bob\n    password: §\n  - name: eve\n",
    "openapi example": "      properties:\n        password:\n          type: string\n          example: §\n",
    "openapi example, json": '{"properties":{"api_key":{"type":"string","example":"§"}}}',
    # Within texts.
    "json in text": 'request body: {"login": "bob", "passcode": "§"} rejected',
    "json, several lines": '{\n  "log": "{\\n  \\"user\\": \\"bob\\",\\n  \\"password\\": \\"§\\"\\n}"\n}',
    "json in json": '{"body":"{\\"data\\":\\"{\\\\\\"secret\\\\\\":\\\\\\"§\\\\\\"}\\"}"}',
    "markdown table": "| user | password |\n|------|----------|\n| bob  | § |\n",
    "markdown": "- **Password:** `§`\n- **User:** bob\n",
    "csv quoted": '"user","api_key"\n"bob","§"\n',
    "tsv": "user\tpassword\nbob\t§\n",
    "html input": '<input type="password" name="pw" value="§">',
    "soap": "<soap:Body><Login><userName>bob</userName><passWord>§</passWord></Login></soap:Body>",
    "wsse": '<wsse:Password Type="x#PasswordText">§</wsse:Password>',
    "saml": '<input name="SAMLResponse" value="§"/>',
    "slack message": "hey, the staging password is § — please don't share",
    "mail": "Your temporary password is: §\nIt expires in 24 hours.",
    "mail code": "Use the password § to sign in.",
    "ticket": "Login: bob\nPasswort: §\nServer: db1",
    "note": "wifi: guest / pw: §",
    # Other languages.
    "german": "Kennwort: §", "german json": '{"benutzer":"bob","passwort":"§"}',
    "french": "Mot de passe : §", "french json": '{"utilisateur":"bob","mot_de_passe":"§"}',
    "spanish": "contraseña: §", "spanish json": '{"usuario":"bob","clave_secreta":"§"}',
    "portuguese": '{"usuario":"bob","senha":"§"}', "italian": "parola d'ordine: §",
    "italian json": '{"utente":"bob","parolaChiave":"§"}', "dutch": "wachtwoord=§",
    "polish": "hasło: §", "polish json": '{"uzytkownik":"bob","haslo":"§"}',
    "czech": '{"uzivatel":"bob","heslo":"§"}', "swedish": '{"anvandare":"bob","losenord":"§"}',
    "norwegian": "passord: §", "danish": "adgangskode: §", "finnish": "salasana: §",
    "turkish": '{"kullanici":"bob","parola":"§"}', "turkish sifre": "şifre: §",
    "russian": "пароль: §", "ukrainian": "пароль=§", "greek": "κωδικός: §",
    "hungarian": "jelszó: §", "romanian": "parolă: §", "japanese": "パスワード：§",
    "chinese": "密码：§", "korean": "비밀번호: §", "arabic": "كلمة المرور: §",
    "hebrew": "סיסמה: §", "hindi": "पासवर्ड: §", "vietnamese": "mật khẩu: §",
    "indonesian": "kata sandi: §", "thai": "รหัสผ่าน: §",
    # Names.
    "camel": '{"dbPasswd":"§"}', "short": '{"pwd":"§"}', "shorter": '{"pw":"§"}',
    "passphrase": '{"passPhrase":"§"}', "pin": '{"pinCode":"§"}', "otp": '{"otpSecret":"§"}',
    "totp": '{"totp_seed":"§"}', "salt": '{"password_salt":"§"}', "signing": '{"signingKey":"§"}',
    "encryption": '{"encryption_key":"§"}', "master": '{"masterKey":"§"}',
    "private": '{"private_key":"§"}', "access": '{"accessKey":"§"}',
    "bearer": '{"bearerToken":"§"}', "refresh": '{"refreshToken":"§"}',
    "id token": '{"idToken":"§"}', "csrf": '{"csrfToken":"§"}', "session": '{"sessionToken":"§"}',
    "jsession": '{"JSESSIONID":"§"}', "phpsessid": "Cookie: PHPSESSID=§; lang=de",
    "webhook": '{"webhookSecret":"§"}', "hmac": '{"hmac_key":"§"}', "seed": '{"seedPhrase":"§"}',
    "mnemonic": '{"walletMnemonic":"§"}', "consumer": '{"consumerSecret":"§"}',
    "app secret": '{"appSecret":"§"}', "deploy key": '{"deployKey":"§"}', "license": '{"licenseKey":"§"}',
    "sas": '{"sasToken":"§"}', "conn": '{"connStr":"Server=a;Password=§"}',
    "basic": '{"basicAuth":"bob:§"}', "credential": '{"credential":"§"}', "creds": '{"creds":{"user":"bob","pass":"§"}}',
    "auth": '{"auth":{"username":"bob","password":"§"}}', "header list": '[["X-Auth-Token","§"]]',
    "x-header": '{"X-Vault-Token":"§"}', "shared": '{"sharedSecret":"§"}', "ftp name": '{"ftpPass":"§"}',
    "smtp name": '{"SMTP_PASS":"§"}', "root": '{"mysqlRootPwd":"§"}', "security answer": '{"securityAnswer":"§"}',
    "unlock": '{"unlockCode":"§"}', "recovery": '{"recoveryCode":"§"}', "one-time": '{"oneTimePassword":"§"}',
}  # fmt: skip
"""The forms, by file or program."""

STRUCTURED: Final = frozenset(
    name for name, form in FILES.items() if form[:1] in "{[" and form[-1:] in "}]" and '"' in form
)
"""The forms that are JSON and also stand in a payload as such."""

_STYLES: Final = (
    (ALNUM, 20),
    ("0123456789abcdef", 32),
    ("abcdefghjkmnpqrstuvwxyz23456789", 14),
)


def file_secrets() -> Iterator[Secret]:
    """
    List each form with several random secrets, as a text and, where it is JSON, as JSON.

    Yields:
        The payloads, with the secrets that must be removed.
    """
    random = Random(29)
    for name, form in FILES.items():
        for letters, length in _STYLES:
            secret = "".join(random.choices(letters, k=length - 2)) + "k7"
            text = form.replace(_MARK, secret)
            value: object = json.loads(text) if _is_json(text) else {"note": text}
            yield Secret(f"file {name}", json.dumps(value, ensure_ascii=False).encode(), (secret,))
    for name, value in _encoded(random):
        yield Secret(f"file {name}", *value)


def _encoded(random: Random) -> Iterator[tuple[str, tuple[bytes, tuple[str, ...]]]]:
    for _ in _STYLES:
        secret = "".join(random.choices(ALNUM, k=20))
        basic = base64.b64encode(f"bob:{secret}".encode()).decode()
        yield (
            "basic auth",
            (json.dumps({"headers": {"authorization": f"Basic {basic}"}}).encode(), (basic,)),
        )
        yield (
            "basic auth in a log",
            (
                json.dumps({"m": f"sent header Authorization: Basic {basic} to a"}).encode(),
                (basic,),
            ),
        )
        inner = base64.b64encode(
            json.dumps({"auths": {"a": {"password": secret}}}).encode()
        ).decode()
        yield (
            "docker config in base64",
            (json.dumps({".dockerconfigjson": inner}).encode(), (inner[20:],)),
        )
        wrapped = base64.b64encode(secret.encode()).decode()
        manifest = f"kind: Secret\ndata:\n  password: {wrapped}\n"
        yield "k8s data", (json.dumps({"m": manifest}).encode(), (wrapped,))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
