import { hash } from "bcryptjs";
import type { Sql } from "postgres";
import { z } from "zod";
import { parseJson } from "../../functions/_shared/json.ts";

/**
 * The endpoints behind supabase-js's auth.admin.*User(), which Lite 0.10.0 lacks. The caller has
 * checked the secret key.
 */
export async function answerAdmin(sql: Sql, request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const id = /^\/auth\/v1\/admin\/users\/([0-9a-f-]{36})$/.exec(pathname)?.[1];
  const { method } = request;
  try {
    if (pathname === "/auth/v1/admin/users" && method === "GET") return await listUsers(sql, searchParams);
    if (pathname === "/auth/v1/admin/users" && method === "POST") {
      return one(await createUser(sql, attributes.parse(await request.json())));
    }
    if (id && method === "GET") return one(await sql<User[]>`select * from auth.users where id = ${id}`);
    if (id && method === "PUT") return one(await updateUser(sql, id, attributes.parse(await request.json())));
    if (id && method === "DELETE") {
      const { should_soft_delete } = deletion.parse(parseJson(await request.text()) ?? {});
      return one(
        await (should_soft_delete
          ? softDelete(sql, id)
          : sql<User[]>`delete from auth.users where id = ${id} returning *`),
      );
    }
    return refuse(404, "not_found", "The local stack has no such admin endpoint");
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError)
      return refuse(400, "validation_failed", error.message);
    if ((error as { code?: string }).code === "23505") {
      return refuse(422, "email_exists", "A user with this email address has already been registered");
    }
    throw error;
  }
}

const metadata = z.record(z.string(), z.json());

const attributes = z.object({
  id: z.uuid().optional(),
  email: z.email().toLowerCase().optional(),
  email_confirm: z.boolean().default(false),
  password: z.string().min(1).optional(),
  role: z.string().optional(),
  app_metadata: metadata.optional(),
  user_metadata: metadata.optional(),
  // As Go writes durations, but whole hours, minutes or seconds alone; "none" lifts a ban.
  ban_duration: z.union([z.literal("none"), z.stringFormat("duration", /^\d+[hms]$/)]).optional(),
});

const deletion = z.object({ should_soft_delete: z.boolean().default(false) });

type Attributes = z.infer<typeof attributes>;

interface User {
  id: string;
  aud: string;
  role: string;
  email: string | null;
  phone: string | null;
  email_confirmed_at: string | null;
  last_sign_in_at: string | null;
  raw_app_meta_data: object | null;
  raw_user_meta_data: object | null;
  created_at: string;
  updated_at: string;
  banned_until: string | null;
  deleted_at: string | null;
  is_anonymous: boolean;
}

async function listUsers(sql: Sql, query: URLSearchParams): Promise<Response> {
  const perPage = Math.min(Number(query.get("per_page")) || 50, 1_000);
  const page = Math.max(Number(query.get("page")) || 1, 1);
  const users = await sql<User[]>`
    select * from auth.users order by created_at desc, id limit ${perPage} offset ${(page - 1) * perPage}`;
  const [row] = await sql<{ total: number }[]>`select count(*)::int as total from auth.users`;
  return Response.json(
    { users: users.map(shape), aud: "authenticated" },
    { headers: { "x-total-count": String(row?.total ?? 0) } },
  );
}

async function createUser(sql: Sql, wanted: Attributes): Promise<User[]> {
  const { id = crypto.randomUUID(), email, email_confirm, password, role = "authenticated" } = wanted;
  if (!email) throw new SyntaxError("Cannot create a user without either an email or phone");
  const encrypted_password = password ? await hash(password, 10) : null;
  const app = sql.json({ provider: "email", providers: ["email"], ...wanted.app_metadata });
  const identity = sql.json({ sub: id, email, email_verified: email_confirm, phone_verified: false });
  return sql.begin(async (transaction) => {
    const users = await transaction<User[]>`
      insert into auth.users
        (id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data)
      values
        (${id}, 'authenticated', ${role}, ${email}, ${encrypted_password},
         case when ${email_confirm} then now() end, ${app}, ${sql.json(wanted.user_metadata ?? {})})
      returning *`;
    await transaction`
      insert into auth.identities (id, provider, provider_id, user_id, identity_data)
      values (${crypto.randomUUID()}, 'email', ${id}, ${id}, ${identity})`;
    return users;
  });
}

async function updateUser(sql: Sql, id: string, wanted: Attributes): Promise<User[]> {
  const encrypted_password = wanted.password ? await hash(wanted.password, 10) : null;
  const ban = wanted.ban_duration;
  return sql<User[]>`
    update auth.users set
      email = coalesce(${wanted.email ?? null}, email),
      role = coalesce(${wanted.role ?? null}, role),
      encrypted_password = coalesce(${encrypted_password}, encrypted_password),
      email_confirmed_at = coalesce(email_confirmed_at, case when ${wanted.email_confirm} then now() end),
      raw_app_meta_data = coalesce(raw_app_meta_data, '{}') || ${sql.json(wanted.app_metadata ?? {})},
      raw_user_meta_data = coalesce(raw_user_meta_data, '{}') || ${sql.json(wanted.user_metadata ?? {})},
      banned_until = case ${ban ?? null}::text
        when 'none' then null else coalesce(now() + nullif(${ban ?? null}, 'none')::interval, banned_until) end,
      updated_at = now()
    where id = ${id}
    returning *`;
}

/** The row stays, for what refers to it; its address is free for another user. */
function softDelete(sql: Sql, id: string): Promise<User[]> {
  return sql<User[]>`
    update auth.users set deleted_at = now(), email = 'deleted-' || id || '@deleted.invalid', updated_at = now()
    where id = ${id}
    returning *`;
}

/** A user as GoTrue prints it. */
function shape(user: User): object {
  return {
    id: user.id,
    aud: user.aud,
    role: user.role,
    email: user.email,
    phone: user.phone ?? "",
    email_confirmed_at: user.email_confirmed_at,
    confirmed_at: user.email_confirmed_at,
    last_sign_in_at: user.last_sign_in_at,
    app_metadata: user.raw_app_meta_data ?? {},
    user_metadata: user.raw_user_meta_data ?? {},
    identities: [],
    created_at: user.created_at,
    updated_at: user.updated_at,
    ...(user.banned_until ? { banned_until: user.banned_until } : {}),
    ...(user.deleted_at ? { deleted_at: user.deleted_at } : {}),
    is_anonymous: user.is_anonymous,
  };
}

function one(rows: User[]): Response {
  return rows[0] ? Response.json(shape(rows[0])) : refuse(404, "user_not_found", "User not found");
}

function refuse(code: number, error_code: string, msg: string): Response {
  return Response.json({ code, error_code, msg }, { status: code });
}
