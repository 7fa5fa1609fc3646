# Real Elixir as a producer of external terms: the standard library's own
# structs, exceptions it really raised, and the shapes of the libraries every
# Elixir service sends around (Ecto, Phoenix, Plug, Oban, ...).
#
# Those libraries cannot be installed where this runs, so their structs are
# defined below with the names, fields and defaults of the real ones; the
# encoder is the real one either way.
#
# Run it through ../collect (go run ./fuzz/legit/collect), which calls
#
#     elixir producers/legit_ex.exs OUT
#
# in the folder above this one, because the path goes into the stack traces.
# It writes OUT/<id>.etf and OUT/list.tsv (id, profile, nodes, flags, how).
# Deterministic: no clock, no host, no live pid.

defmodule Decimal do
  defstruct sign: 1, coef: 0, exp: 0
end

defmodule Money do
  defstruct amount: 0, currency: nil
end

defmodule Ecto.Schema.Metadata do
  defstruct [:state, :source, :context, :schema, :prefix]
end

defmodule Ecto.Association.NotLoaded do
  defstruct [:__field__, :__owner__, :__cardinality__]
end

defmodule Ecto.Changeset do
  defstruct valid?: false,
            data: nil,
            params: nil,
            changes: %{},
            errors: [],
            validations: [],
            required: [],
            prepare: [],
            constraints: [],
            filters: %{},
            action: nil,
            types: %{},
            empty_values: [""],
            repo: nil,
            repo_opts: []
end

defmodule Ecto.Query do
  defmodule FromExpr do
    defstruct [:source, :file, :line, :as, :prefix, params: [], hints: []]
  end

  defmodule BooleanExpr do
    defstruct [:op, :expr, :file, :line, params: [], subqueries: []]
  end

  defmodule QueryExpr do
    defstruct [:expr, :file, :line, params: []]
  end

  defstruct prefix: nil,
            sources: nil,
            from: nil,
            joins: [],
            aliases: %{},
            wheres: [],
            select: nil,
            order_bys: [],
            limit: nil,
            offset: nil,
            group_bys: [],
            combinations: [],
            updates: [],
            havings: [],
            preloads: [],
            assocs: [],
            distinct: nil,
            lock: nil,
            windows: [],
            with_ctes: nil
end

defmodule Ecto.NoResultsError do
  defexception [:message]
end

defmodule Ecto.ConstraintError do
  defexception [:type, :constraint, :message]
end

defmodule Ecto.InvalidChangesetError do
  defexception [:action, :changeset]

  @impl true
  def message(%{action: action}), do: "could not perform #{action} because changeset is invalid."
end

defmodule DBConnection.ConnectionError do
  defexception [:message, severity: :error, reason: :error]
end

defmodule Postgrex.Error do
  defexception [:message, :postgres, :connection_id, :query]
end

defmodule Postgrex.Result do
  defstruct [:command, :columns, :rows, :num_rows, :connection_id, messages: []]
end

defmodule Postgrex.Range do
  defstruct lower: nil, upper: nil, lower_inclusive: true, upper_inclusive: true
end

defmodule Postgrex.Interval do
  defstruct months: 0, days: 0, secs: 0, microsecs: 0
end

defmodule Postgrex.INET do
  defstruct address: nil, netmask: nil
end

defmodule Geo.Point do
  defstruct coordinates: {0, 0}, srid: nil, properties: %{}
end

defmodule Phoenix.Socket.Message do
  defstruct topic: nil, event: nil, payload: nil, ref: nil, join_ref: nil
end

defmodule Phoenix.Socket.Reply do
  defstruct topic: nil, status: nil, payload: nil, ref: nil, join_ref: nil
end

defmodule Phoenix.Socket.Broadcast do
  defstruct topic: nil, event: nil, payload: nil
end

defmodule Plug.Upload do
  defstruct [:path, :content_type, :filename]
end

defmodule Plug.Conn.Unfetched do
  defstruct [:aspect]
end

defmodule Oban.Job do
  defstruct [
    :id,
    :worker,
    :args,
    :attempted_by,
    :priority,
    :attempted_at,
    :cancelled_at,
    :completed_at,
    :discarded_at,
    :inserted_at,
    :scheduled_at,
    :conf,
    :replace,
    :unique,
    :unsaved_error,
    __meta__: nil,
    state: "available",
    queue: "default",
    meta: %{},
    tags: [],
    errors: [],
    attempt: 0,
    max_attempts: 20,
    conflict?: false
  ]
end

defmodule Broadway.Message do
  defstruct data: nil,
            metadata: %{},
            acknowledger: nil,
            batcher: :default,
            batch_key: :default,
            batch_mode: :bulk,
            status: :ok
end

defmodule Commanded.EventStore.RecordedEvent do
  defstruct [
    :event_id,
    :event_number,
    :stream_id,
    :stream_version,
    :causation_id,
    :correlation_id,
    :event_type,
    :data,
    :metadata,
    :created_at
  ]
end

defmodule Swoosh.Email do
  defstruct subject: "",
            from: nil,
            to: [],
            cc: [],
            bcc: [],
            text_body: nil,
            html_body: nil,
            attachments: [],
            reply_to: nil,
            headers: %{},
            private: %{},
            assigns: %{},
            provider_options: %{}
end

defmodule Tesla.Env do
  defstruct method: nil,
            url: "",
            query: [],
            headers: [],
            body: nil,
            status: nil,
            opts: [],
            __module__: nil,
            __client__: nil
end

defmodule Finch.Response do
  defstruct [:status, body: "", headers: []]
end

defmodule Ueberauth.Auth do
  defstruct [:uid, :provider, :strategy, :info, :credentials, :extra]
end

defmodule Nebulex.Entry do
  defstruct key: nil, value: nil, touched: nil, ttl: :infinity, time_unit: :millisecond
end

defmodule MyApp.User do
  defstruct __meta__: nil,
            id: nil,
            name: nil,
            email: nil,
            age: nil,
            role: :member,
            balance: nil,
            active: true,
            posts: nil,
            inserted_at: nil,
            updated_at: nil
end

defmodule MyApp.Post do
  defstruct __meta__: nil, id: nil, title: nil, body: nil, tags: [], user_id: nil, user: nil, published_at: nil
end

defmodule Legit do
  # Erlang's own encoder, called as Elixir programs call it.
  defp entry(id, profile, nodes, flags, how, term, opts) do
    call = if opts == [], do: ":erlang.term_to_binary/1", else: ":erlang.term_to_binary/2 #{inspect(opts)}"
    {"ex_" <> id, profile, nodes, flags, "#{how}; #{call}", :erlang.term_to_binary(term, opts)}
  end

  # d: plain data. s: a struct is in it. h: a Hex answer. g: holds ids of
  # these nodes. z: compressed.
  defp d(id, how, term, opts \\ []), do: entry(id, "data", [], "", how, term, opts)
  defp s(id, how, term, opts \\ []), do: entry(id, "elixir", [], "", how, term, opts)
  defp h(id, how, term), do: entry(id, "hex", [], "", how, term, [])
  defp g(id, how, nodes, term), do: entry(id, "gencall", nodes, "", how, term, [])

  defp z(id, how, term, opts) do
    # The encoder keeps the plain form when nothing is gained; every case here
    # is large enough for it to be a mistake if that happened.
    {_, _, _, _, _, <<131, 80, _::binary>>} = entry(id, "cache", [], "", how, term, opts)
  end

  def main([out]) do
    File.mkdir_p!(out)

    cases =
      List.flatten([
        plain(),
        collections(),
        default_structs(),
        calendar(),
        stdlib_structs(),
        exceptions(),
        raised(),
        ecto(),
        ecto_rows(),
        postgrex(),
        phoenix(),
        plug(),
        jobs(),
        libraries(),
        telemetry(),
        code(),
        mix(),
        hex(),
        options(),
        processes()
      ])

    ids = Enum.map(cases, &elem(&1, 0))
    [] = ids -- Enum.uniq(ids)

    lines =
      for {id, profile, nodes, flags, how, bin} <- cases do
        File.write!(Path.join(out, id <> ".etf"), bin)
        [Enum.intersperse([id, profile, Enum.join(nodes, ","), flags, how], "\t"), "\n"]
      end

    otp = File.read!(Path.join([:code.root_dir(), "releases", System.otp_release(), "OTP_VERSION"]))
    File.write!(Path.join(out, "list.tsv"), ["#producer\telixir\t", System.version(), " on OTP ", String.trim(otp), "\n" | lines])
  end

  # ------------------------------------------------------------ plain data

  defp plain do
    [
      d("nil", "nil", nil),
      d("ok_tuple", "an :ok tuple", {:ok, %{id: 1}}),
      d("error_tuple", "an :error tuple", {:error, :not_found}),
      d("string", "a unicode string", "Größe 🙂 日本"),
      d("charlist", "a charlist", 'hello'),
      d("charlist_unicode", "a unicode charlist", 'Größe 日本'),
      d("module_atom", "a module name", Enum),
      d("alias_list", "module names", [String, Enum, MyApp.User, :lists]),
      d("atom_unicode", "unicode atoms", [:élan, :"日本語", :"with space", :"", :a?, :b!]),
      d("keyword", "a keyword list", name: "Zoë", age: 42, admin: true, tags: [:a, :b]),
      d("keyword_dup", "a keyword list with repeated keys", where: [a: 1], where: [b: 2], order_by: :id, where: [c: 3]),
      d("keyword_nested", "nested keyword lists", repo: [hostname: "localhost", port: 5432, pool: [size: 10, queue_target: 50, timeout: :infinity]]),
      d("keyword_200", "200 options", for(i <- 1..200, do: {:"opt_#{rem(i, 40)}", i})),
      d("config", "Config.Reader.eval!/3", Config.Reader.eval!("config.exs", """
      import Config
      config :my_app, MyApp.Repo, username: "postgres", pool_size: 10, ssl: false
      config :my_app, MyApp.Endpoint, url: [host: "example.com", port: 443, scheme: "https"], http: [ip: {0, 0, 0, 0, 0, 0, 0, 0}], render_errors: [formats: [html: MyApp.ErrorHTML]], live_view: [signing_salt: "x1Y2"]
      config :logger, :console, format: "$time $metadata[$level] $message\\n", metadata: [:request_id]
      """, env: :prod)),
      d("map_atom_keys", "a map of atom keys", %{a: 1, b: 2.5, c: nil, d: %{e: [1, 2]}}),
      d("map_string_keys", "a map of string keys", %{"a" => 1, "b" => [true, nil], "ü" => %{}}),
      d("map_mixed_keys", "mixed keys", %{1 => :int, 1.0 => :float, "1" => :string, '1' => :charlist, :"1" => :atom, {1} => :tuple}),
      d("map_33_strings", "33 string keys", Map.new(1..33, &{"key#{&1}", &1})),
      d("map_1000_strings", "1,000 string keys", Map.new(1..1000, &{"key#{&1}", &1})),
      d("json_api", "a decoded JSON:API answer", %{
        "data" => for(i <- 1..20, do: %{"type" => "articles", "id" => "#{i}", "attributes" => %{"title" => "T#{i}", "score" => i / 4, "draft" => false, "deleted_at" => nil}}),
        "links" => %{"self" => "/articles", "next" => nil},
        "meta" => %{"total" => 20}
      }),
      d("bitstring", "bitstrings", [<<1::1>>, <<5::3>>, <<0xABC::12>>, <<1, 2, 3::5>>]),
      d("iodata", "iodata", ["<p>", [?a, "b", ['c' | "d"]], 0x41, "</p>"]),
      d("iodata_improper", "improper iodata", ["a", "b" | "c"]),
      d("iodata_interp", "a template's iodata", for(i <- 1..100, do: ["<li id=\"", Integer.to_string(i), "\">", "item", "</li>"])),
      d("inspect_doc", "Inspect.Algebra.to_doc/2", Inspect.Algebra.to_doc(%{a: [1, 2, 3], b: {"x", nil}}, %Inspect.Opts{})),
      d("string_split", "String.split/2", String.split("the quick brown fox jumps over the lazy dog", " ")),
      d("graphemes", "String.graphemes/1", String.graphemes("e\u0301👨‍👩‍👧 ok")),
      d("digits", "Integer.digits/2 of 2^200", Integer.digits(Integer.pow(2, 200), 16)),
      d("bigint", "Integer.pow(7, 400)", Integer.pow(7, 400)),
      d("floats", "floats", [0.0, -0.0, 1.0e308, 5.0e-324, 0.1, -1.5]),
      d("ranges_expanded", "Enum.to_list/1 of a range", Enum.to_list(1..2000)),
      d("nested_100", "lists in lists", Enum.reduce(1..100, [], fn i, acc -> [i, acc] end)),
      d("uuid_list", "100 UUID strings", for(i <- 1..100, do: uuid(i)))
    ]
  end

  defp uuid(i) do
    # erlang:md5/1 is built in; :crypto is a package of its own in places.
    <<a::binary-8, b::binary-4, c::binary-4, d::binary-4, e::binary-12>> =
      Base.encode16(:erlang.md5("legit #{i}"), case: :lower)

    Enum.join([a, b, c, d, e], "-")
  end

  defp collections do
    [
      d("enum_group_by", "Enum.group_by/2", Enum.group_by(1..30, &rem(&1, 3))),
      d("enum_frequencies", "Enum.frequencies/1", Enum.frequencies(String.graphemes("mississippi"))),
      d("enum_chunk", "Enum.chunk_every/2", Enum.chunk_every(1..100, 7)),
      d("enum_zip", "Enum.zip/2", Enum.zip(1..50, Enum.map(1..50, &"v#{&1}"))),
      d("keyword_split", "Keyword.split/2", Keyword.split([a: 1, b: 2, c: 3], [:a, :c])),
      d("map_access", "get_and_update_in/3", get_and_update_in(%{users: [%{n: 1}]}, [:users], &{&1, [%{n: 2} | &1]})),
      s("mapset_0", "an empty MapSet", MapSet.new()),
      s("mapset_3", "a MapSet of atoms", MapSet.new([:a, :b, :c])),
      s("mapset_strings", "a MapSet of 200 strings", MapSet.new(1..200, &"item-#{&1}")),
      s("mapset_mixed", "a MapSet of everything", MapSet.new([1, 1.0, "1", '1', :"1", {1}, [1], %{1 => 1}, MapSet.new([1])])),
      s("range", "a Range", 1..10),
      s("range_step", "a Range with a step", 0..100//5),
      s("range_down", "a Range that counts down", 10..1//-2),
      s("range_empty", "an empty Range", 1..0//1),
      s("range_old", "a Range as Elixir before 1.12 wrote it: no step", %{__struct__: Range, first: 1, last: 10}),
      s("range_in_map", "Ranges in a page description", %{pages: 1..20, rows: 41..60, total: 400})
    ]
  end

  # ------------------------------------------------------------ structs of the standard library

  # Every struct that ships with Elixir, as its module builds it, but for
  # those whose default holds a function and those that are lazy or devices:
  # they are code to be run, not data.
  @not_data [Inspect.Opts, Stream, File.Stream, IO.Stream, GenEvent.Stream]
  # Encoded with real values further down, where the default would be the same
  # bytes.
  @shown_below [MapSet]

  defp default_structs do
    for app <- [:elixir, :eex, :ex_unit, :iex, :logger, :mix],
        _ = Application.load(app),
        mod <- Enum.sort(Application.spec(app, :modules)),
        mod not in @not_data and mod not in @shown_below,
        Code.ensure_loaded?(mod),
        function_exported?(mod, :__struct__, 0) do
      name = mod |> inspect() |> String.replace(".", "_") |> String.downcase()
      s("default_" <> name, "%#{inspect(mod)}{} with its defaults", mod.__struct__())
    end
  end

  defp paris(naive, std) do
    %DateTime{
      year: naive.year,
      month: naive.month,
      day: naive.day,
      hour: naive.hour,
      minute: naive.minute,
      second: naive.second,
      microsecond: naive.microsecond,
      time_zone: "Europe/Paris",
      zone_abbr: if(std == 0, do: "CET", else: "CEST"),
      utc_offset: 3600,
      std_offset: std
    }
  end

  defp calendar do
    naive = ~N[2024-07-01 12:34:56.789]

    [
      s("date", "a Date", ~D[2024-02-29]),
      s("date_neg", "a Date before year 0", Date.new!(-1, 1, 1)),
      s("date_max", "the last Date", ~D[9999-12-31]),
      s("date_range", "a Date.Range", Date.range(~D[2024-01-01], ~D[2024-12-31])),
      s("date_range_step", "a Date.Range with a step", Date.range(~D[2024-12-31], ~D[2024-01-01], -7)),
      s("dates_366", "every Date of 2024", Enum.to_list(Date.range(~D[2024-01-01], ~D[2024-12-31]))),
      s("time", "a Time", ~T[23:59:59]),
      s("time_usec", "a Time with microseconds", ~T[00:00:00.000001]),
      s("naive", "a NaiveDateTime", naive),
      s("naive_usec", "a NaiveDateTime with six digits", ~N[2024-02-29 23:59:59.999999]),
      s("datetime_utc", "a UTC DateTime", ~U[2024-02-29 23:59:59Z]),
      s("datetime_usec", "DateTime.from_unix!/2", DateTime.from_unix!(1_700_000_000_123_456, :microsecond)),
      s("datetime_paris_winter", "a DateTime of a zone, winter", paris(~N[2024-01-15 08:00:00], 0)),
      s("datetime_paris_summer", "a DateTime of a zone, summer", paris(naive, 3600)),
      s("datetime_half_hour", "a DateTime of a half-hour zone", %{paris(naive, 0) | time_zone: "Asia/Kolkata", zone_abbr: "IST", utc_offset: 19800}),
      s("datetime_negative", "a DateTime west of UTC", %{paris(naive, 3600) | time_zone: "America/New_York", zone_abbr: "EDT", utc_offset: -18000}),
      s("datetime_fixed", "a DateTime as Timex names offsets", %{paris(naive, 0) | time_zone: "Etc/GMT-2", zone_abbr: "+02", utc_offset: 7200}),
      s("datetime_list", "100 DateTimes", for(i <- 1..100, do: DateTime.from_unix!(1_700_000_000 + i * 3600))),
      s("datetime_map", "a map of timestamps", %{inserted_at: ~U[2024-01-01 00:00:00Z], updated_at: naive, on: ~D[2024-01-02], at: ~T[08:00:00]}),
      d("calendar_iso_days", "Date.to_gregorian_days/1 and iso days", {Date.to_gregorian_days(~D[2024-02-29]), NaiveDateTime.to_gregorian_seconds(~N[2024-02-29 00:00:00])}),
      d("calendar_erl", "NaiveDateTime.to_erl/1", NaiveDateTime.to_erl(~N[2024-02-29 23:59:59])),
      d("datetime_no_zone", "DateTime.from_naive/2 error", DateTime.from_naive(naive, "Europe/Nowhere")),
      s("datetime_shift", "NaiveDateTime.from_iso8601/1 results", Enum.map(["2024-01-01 00:00:00", "nonsense", "2024-13-01 00:00:00"], &NaiveDateTime.from_iso8601/1))
    ]
  end

  defp stdlib_structs do
    [
      s("uri", "URI.parse/1", URI.parse("https://user:pw@example.com:8042/over/there?name=ferret#nose")),
      s("uri_relative", "URI.parse/1 of a path", URI.parse("/a/b?c=d")),
      s("uri_ipv6", "URI.new!/1", URI.new!("http://[2001:db8::1]:4000/")),
      d("uri_error", "URI.new/1 error", URI.new("http://exa mple.com")),
      d("uri_query", "URI.decode_query/1", URI.decode_query("a=1&b=two&c=%26")),
      s("version", "Version.parse!/1", Version.parse!("1.14.0-rc.1+build.5")),
      s("version_plain", "Version.parse!/1", Version.parse!("2.0.0")),
      s("requirement", "Version.parse_requirement!/1", Version.parse_requirement!("~> 1.2")),
      s("requirement_or", "Version.parse_requirement!/1", Version.parse_requirement!(">= 1.0.0 and < 2.0.0 or ~> 3.1.4-rc")),
      s("regex", "a Regex; up to OTP 27 the compiled pattern is a binary", ~r/^(\d+)-(?<name>\w+)$/),
      s("regex_opts", "a Regex with options", ~r/größe|日本/iu),
      s("regex_multi", "a list of Regexes", [~r/a+/, ~r/b*/s, ~r{c}x]),
      s("file_stat", "File.Stat from a record", File.Stat.from_record({:file_info, 12, :regular, :read_write, {{2024, 1, 1}, {0, 0, 0}}, {{2024, 1, 1}, {0, 0, 0}}, {{2024, 1, 1}, {0, 0, 0}}, 33188, 1, 2049, 0, 131_074, 1000, 1000})),
      s("macro_env", "Macro.Env.prune_compile_info/1 of a bare env", %{Macro.Env.prune_compile_info(%Macro.Env{}) | module: MyApp, file: "lib/my_app.ex", line: 3, function: {:hello, 1}}),
      s("hash_dict", "the old HashDict struct", %{__struct__: HashDict, root: put_elem(Tuple.duplicate([], 8), 3, [:a | 1]), size: 1}),
      s("ex_unit_test", "an ExUnit.Test", %{struct!(ExUnit.Test) | name: :"test adds", module: MyApp.MathTest, state: {:failed, [{:error, %RuntimeError{message: "x"}, []}]}, time: 1234, tags: %{line: 5, file: "test/math_test.exs", async: true, describe: nil}}),
      s("ex_unit_assertion", "an ExUnit.AssertionError", %{struct!(ExUnit.AssertionError) | left: 1, right: 2, expr: quote(do: 1 == 2), message: "Assertion with == failed"}),
      s("mix_dep", "a Mix.Dep", %{struct!(Mix.Dep) | app: :plug, requirement: "~> 1.14", scm: Hex.SCM, status: {:ok, "1.14.0"}, top_level: true, manager: :mix, opts: [hex: "plug", repo: "hexpm", only: [:dev, :prod]]}),
      s("diagnostic", "a Mix.Task.Compiler.Diagnostic", struct!(Mix.Task.Compiler.Diagnostic, file: "lib/a.ex", severity: :warning, message: "variable \"x\" is unused", position: 12, compiler_name: "Elixir")),
      s("structs_in_structs", "structs in structs", %{set: MapSet.new([~D[2024-01-01], 1..3]), re: ~r/x/, uri: URI.parse("http://a"), v: Version.parse!("1.0.0")})
    ]
  end

  # Exceptions as values, built with Exception.normalize/2 or by hand.
  defp exceptions do
    for {name, e} <- [
          argument: ArgumentError.exception("not an atom: \"x\""),
          badmatch: Exception.normalize(:error, {:badmatch, {:error, :enoent}}),
          badmap: Exception.normalize(:error, {:badmap, [1]}),
          case_clause: Exception.normalize(:error, {:case_clause, %{a: 1}}),
          with_clause: %WithClauseError{term: {:error, "x"}},
          key: %KeyError{key: :missing, term: %{present: 1}},
          key_struct: %KeyError{key: :nope, term: ~D[2024-01-01], message: nil},
          function_clause: %FunctionClauseError{module: MyApp, function: :run, arity: 2},
          undefined: %UndefinedFunctionError{module: MyApp.Nope, function: :go, arity: 0},
          protocol: %Protocol.UndefinedError{protocol: Enumerable, value: 42, description: ""},
          file: %File.Error{reason: :enoent, action: "read file", path: "/no/such"},
          file_copy: %File.CopyError{reason: :eacces, action: "copy", source: "a", destination: "b"},
          erlang: %ErlangError{original: {:nocatch, :x}},
          unicode: %UnicodeConversionError{encoded: "ab", message: "invalid encoding starting at <<255>>"},
          compile: %CompileError{file: "lib/a.ex", line: 3, description: "undefined variable \"x\""},
          token: %TokenMissingError{file: "a.ex", line: 1, column: 5, description: "missing terminator: end"},
          no_results: %Ecto.NoResultsError{message: "expected at least one result but got none in query: from u in MyApp.User"},
          constraint: %Ecto.ConstraintError{type: :unique, constraint: "users_email_index", message: "constraint error when attempting to insert struct"},
          invalid_changeset: %Ecto.InvalidChangesetError{action: :insert, changeset: changeset()},
          db_connection: %DBConnection.ConnectionError{message: "tcp connect (localhost:5432): connection refused - :econnrefused", reason: :error},
          postgrex: %Postgrex.Error{connection_id: 4242, query: "SELECT nope", postgres: %{code: :undefined_column, file: "parse_relation.c", line: "3647", message: "column \"nope\" does not exist", pg_code: "42703", position: "8", routine: "errorMissingColumn", severity: "ERROR", unknown: "ERROR"}}
        ] do
      s("exception_#{name}", "an exception struct", e)
    end
  end

  # Exceptions that were really raised, with the stack trace the BEAM made.
  # Frames below this script's own are cut: they tell how it was started.
  defp raised do
    for {name, fun} <- [
          arithmetic: fn -> div(1, opaque(0)) end,
          match: fn -> {:ok, _} = opaque({:error, :enoent}) end,
          key: fn -> Map.fetch!(opaque(%{a: 1}), :b) end,
          key_dot: fn -> opaque(%{a: 1}).b end,
          enum: fn -> Enum.fetch!(opaque([1, 2]), 5) end,
          empty: fn -> Enum.max(opaque([])) end,
          integer_parse: fn -> String.to_integer(opaque("12x")) end,
          protocol: fn -> Enum.count(opaque(42)) end,
          undefined: fn -> apply(opaque(MyApp.Missing), :run, [1, "two"]) end,
          function_clause: fn -> String.upcase(opaque(:not_a_string)) end,
          date: fn -> Date.new!(2024, opaque(13), 1) end,
          file: fn -> File.read!(opaque("/no/such/file")) end,
          raise: fn -> raise "boom" end,
          raise_struct: fn -> raise(Ecto.NoResultsError, message: "none") end,
          cond: fn -> cond do: (opaque(false) -> 1) end,
          throw: fn -> throw({:invalid, email: "format"}) end,
          exit: fn -> exit({:shutdown, {:timeout, {GenServer, :call, [MyApp.Server, :get, 5000]}}}) end,
          atom: fn -> String.to_existing_atom(opaque("no_such_atom_in_this_vm_8c1f")) end
        ] do
      term =
        try do
          fun.()
          :did_not_fail
        catch
          kind, reason -> {kind, Exception.normalize(kind, reason, __STACKTRACE__), trace(__STACKTRACE__)}
        end

      # A throw and an exit carry whatever they were given.
      {kind, _, _} = term
      profile = if kind == :error, do: "elixir", else: "data"

      [
        entry("raised_#{name}", profile, [], "", "a caught failure with its stack trace", term, []),
        d("raised_#{name}_banner", "Exception.format/3 of a caught failure", apply(Exception, :format, Tuple.to_list(term)))
      ]
    end
  end

  defp trace(frames), do: Enum.take_while(frames, fn {m, _, _, _} -> m != :elixir_compiler end)

  # The dictionary is always empty here; it keeps the compiler from seeing
  # that the calls above must fail.
  defp opaque(value), do: Process.get(:opaque, value)

  # ------------------------------------------------------------ Ecto

  defp meta(schema, source, state \\ :loaded), do: %Ecto.Schema.Metadata{state: state, source: source, schema: schema}
  defp not_loaded(field, owner, cardinality), do: %Ecto.Association.NotLoaded{__field__: field, __owner__: owner, __cardinality__: cardinality}
  defp decimal(i), do: %Decimal{sign: if(rem(i, 5) == 0, do: -1, else: 1), coef: i * 1299, exp: -2}

  defp user(i) do
    %MyApp.User{
      __meta__: meta(MyApp.User, "users"),
      id: i,
      name: "Zoë #{i}",
      email: "user#{i}@example.com",
      age: 18 + rem(i, 60),
      role: Enum.at([:member, :admin, :guest], rem(i, 3)),
      balance: decimal(i),
      active: rem(i, 7) != 0,
      posts: not_loaded(:posts, MyApp.User, :many),
      inserted_at: NaiveDateTime.add(~N[2024-01-01 00:00:00], i * 60),
      updated_at: DateTime.from_unix!(1_700_000_000_000_000 + i, :microsecond)
    }
  end

  defp post(i) do
    %MyApp.Post{
      __meta__: meta(MyApp.Post, "posts"),
      id: i,
      title: "Post #{i}",
      body: String.duplicate("lorem ipsum ", 5),
      tags: ["elixir", "etf"],
      user_id: rem(i, 10),
      user: not_loaded(:user, MyApp.Post, :one),
      published_at: ~U[2024-01-01 00:00:00Z]
    }
  end

  defp changeset do
    %Ecto.Changeset{
      data: %MyApp.User{__meta__: meta(MyApp.User, "users", :built), posts: not_loaded(:posts, MyApp.User, :many)},
      params: %{"name" => "", "email" => "nope", "age" => "17"},
      changes: %{email: "nope", age: 17},
      errors: [
        name: {"can't be blank", [validation: :required]},
        email: {"has invalid format", [validation: :format]},
        age: {"must be greater than %{number}", [validation: :number, kind: :greater_than, number: 17]}
      ],
      validations: [email: {:format, ~r/@/}, age: {:number, [greater_than: 17]}],
      constraints: [%{constraint: "users_email_index", error_message: "has already been taken", error_type: :unique, field: :email, match: :exact, type: :unique}],
      required: [:name, :email],
      action: :insert,
      types: %{name: :string, email: :string, age: :integer, balance: :decimal, tags: {:array, :string}, role: {:parameterized, Ecto.Enum, %{type: :string, mappings: [member: "member", admin: "admin"]}}}
    }
  end

  defp ecto do
    [
      s("decimal", "a Decimal", %Decimal{coef: 12999, exp: -2}),
      s("decimal_neg", "a negative Decimal", %Decimal{sign: -1, coef: 5, exp: -1}),
      s("decimal_big", "a Decimal of 40 digits", %Decimal{coef: Integer.pow(10, 40) - 1, exp: -20}),
      s("decimal_nan", "Decimal's NaN and infinities", [%Decimal{coef: :NaN}, %Decimal{coef: :inf}, %Decimal{sign: -1, coef: :inf}]),
      s("money", "Money", [%Money{amount: 1299, currency: :EUR}, %Money{amount: -1, currency: :USD}]),
      s("ecto_user_built", "a schema that was not stored", %MyApp.User{__meta__: meta(MyApp.User, "users", :built), posts: not_loaded(:posts, MyApp.User, :many)}),
      s("ecto_user_deleted", "a deleted row with a prefix", %{user(1) | __meta__: %{meta(MyApp.User, "users", :deleted) | prefix: "tenant_1", context: :shard}}),
      s("ecto_user_posts", "a row with its association loaded", %{user(1) | posts: Enum.map(1..20, &post/1)}),
      s("ecto_post_user", "a belongs_to loaded", %{post(1) | user: user(1)}),
      s("ecto_changeset", "an invalid changeset", changeset()),
      s("ecto_changeset_valid", "a valid changeset", %Ecto.Changeset{valid?: true, data: user(3), params: %{"name" => "Bo"}, changes: %{name: "Bo"}, types: %{name: :string}, action: :update}),
      s("ecto_error_result", "Repo.insert/2 error", {:error, changeset()}),
      s("ecto_multi_error", "Repo.transaction/2 of a Multi", {:error, :profile, changeset(), %{user: user(4)}}),
      d("ecto_traverse_errors", "traverse_errors/2 result", %{name: ["can't be blank"], email: ["has invalid format", "is taken"], address: %{zip: ["is too short"]}}),
      s("ecto_query", "a query", %Ecto.Query{
        from: %Ecto.Query.FromExpr{source: {"users", MyApp.User}, file: "lib/q.ex", line: 3},
        wheres: [%Ecto.Query.BooleanExpr{op: :and, expr: {:>, [], [{{:., [], [{:&, [], [0]}, :age]}, [], []}, {:^, [], [0]}]}, params: [{18, {0, :age}}], file: "lib/q.ex", line: 4}],
        order_bys: [%Ecto.Query.QueryExpr{expr: [asc: {{:., [], [{:&, [], [0]}, :id]}, [], []}], file: "lib/q.ex", line: 5}],
        limit: %Ecto.Query.QueryExpr{expr: 10, file: "lib/q.ex", line: 6}
      }),
      d("ecto_cursor", "a pagination cursor of plain values", [17, "user17@example.com"]),
      s("ecto_cursor_map", "a pagination cursor with a timestamp", %{id: 17, inserted_at: ~N[2024-01-01 00:17:00]}),
      s("ecto_page", "a Scrivener-like page", %{entries: Enum.map(1..5, &user/1), page_number: 1, page_size: 5, total_entries: 12, total_pages: 3})
    ]
  end

  defp ecto_rows do
    for n <- [1, 10, 100, 1000] do
      rows = 1..n

      # A user is 912 bytes, so that a thousand just fit the mebibyte one file
      # may have; posts stop at a hundred to keep the whole set small.
      [
        s("rows_users_#{n}", "#{n} schema structs, Repo.all/1", Enum.map(rows, &user/1)),
        if(n < 1000, do: s("rows_posts_#{n}", "#{n} schema structs of another table", Enum.map(rows, &post/1)), else: []),
        d("rows_maps_#{n}", "#{n} rows selected as maps", Enum.map(rows, &%{id: &1, name: "u#{&1}", age: rem(&1, 90), active: rem(&1, 2) == 0, score: &1 / 3})),
        d("rows_tuples_#{n}", "#{n} rows selected as tuples", Enum.map(rows, &{&1, "u#{&1}", :member, nil})),
        d("rows_lists_#{n}", "#{n} raw rows", Enum.map(rows, &[&1, "u#{&1}", &1 * 1.5, nil, true])),
        d("rows_keyword_#{n}", "#{n} rows as keyword lists", Enum.map(rows, &[id: &1, name: "u#{&1}", role: :admin])),
        s("rows_orders_#{n}", "#{n} rows with decimals and dates", Enum.map(rows, &%{id: &1, total: decimal(&1), on: Date.add(~D[2024-01-01], rem(&1, 365))}))
      ]
    end
  end

  defp postgrex do
    columns = ["id", "name", "total", "tags", "at"]
    rows = for i <- 1..50, do: [i, "n#{i}", decimal(i), ["a", "b"], ~N[2024-01-01 00:00:00.000000]]

    [
      s("pg_result", "a Postgrex.Result", %Postgrex.Result{command: :select, columns: columns, rows: rows, num_rows: 50, connection_id: 4242}),
      s("pg_result_insert", "a Postgrex.Result of an insert", %Postgrex.Result{command: :insert, num_rows: 1, connection_id: 4242, messages: []}),
      s("pg_types", "PostgreSQL's own types", [
        %Postgrex.Range{lower: 1, upper: 10, upper_inclusive: false},
        %Postgrex.Range{lower: ~D[2024-01-01], upper: :unbound},
        %Postgrex.Interval{months: 1, days: 2, secs: 3, microsecs: 4},
        %Postgrex.INET{address: {10, 0, 0, 0}, netmask: 8},
        %Postgrex.INET{address: {8193, 3512, 0, 0, 0, 0, 0, 1}}
      ]),
      s("geo_point", "Geo.Point", %Geo.Point{coordinates: {2.3522, 48.8566}, srid: 4326}),
      s("geo_points_100", "100 points", for(i <- 1..100, do: %Geo.Point{coordinates: {2 + i / 1000, 48 - i / 1000}, srid: 4326})),
      d("pg_params", "query parameters", ["zoe", 1, 2.5, nil, true, [1, 2], %{"json" => [1]}, <<0::128>>])
    ]
  end

  # ------------------------------------------------------------ Phoenix, Plug, jobs

  defp phoenix do
    join = %Phoenix.Socket.Message{topic: "room:lobby", event: "phx_join", payload: %{"token" => "abc"}, ref: "1", join_ref: "1"}
    presence = for i <- 1..30, into: %{}, do: {"user:#{i}", %{metas: [%{phx_ref: Base.url_encode64(<<i::64>>), online_at: 1_700_000_000 + i, device: "web"}]}}

    [
      s("phx_join", "a channel message", join),
      s("phx_message", "a channel message with a payload", %{join | event: "new_msg", payload: %{"body" => "hello 🙂", "to" => [1, 2]}, ref: "7"}),
      s("phx_binary", "a channel message with a binary payload", %{join | event: "blob", payload: {:binary, <<0, 1, 2, 255>>}}),
      s("phx_reply", "a channel reply", %Phoenix.Socket.Reply{topic: "room:lobby", status: :ok, payload: %{id: 17}, ref: "7", join_ref: "1"}),
      s("phx_broadcast", "a PubSub broadcast", %Phoenix.Socket.Broadcast{topic: "room:lobby", event: "new_msg", payload: %{body: "hello", user_id: 3, at: ~U[2024-01-01 00:00:00Z]}}),
      s("phx_broadcast_struct", "a broadcast of a row", %Phoenix.Socket.Broadcast{topic: "users", event: "updated", payload: %{user: user(9)}}),
      s("phx_presence_diff", "a presence diff", %Phoenix.Socket.Broadcast{topic: "room:lobby", event: "presence_diff", payload: %{joins: presence, leaves: %{}}}),
      d("phx_presence_list", "Presence.list/1 of 30", presence),
      s("phx_pubsub_redis", "what the Redis adapter publishes", {1, "node1", :fastlane_none, "room:lobby", %Phoenix.Socket.Broadcast{topic: "room:lobby", event: "e", payload: %{}}, Phoenix.PubSub}),
      d("phx_token", "Phoenix.Token.sign/4 payload: data, signed at, max age", {42, 1_700_000_000_000, 86400}),
      d("phx_token_map", "Phoenix.Token payload with a map", {%{"user_id" => 42, "scope" => ["read"]}, 1_700_000_000_000, :infinity}),
      d("phx_live_session", "LiveView session token", {5, %{id: "phx-F5x", session: %{"user_token" => <<7::256>>}, parent_pid: nil, root_view: MyAppWeb.PageLive, router: MyAppWeb.Router, live_session: {:default, 1_700_000_000_000_000}}}),
      d("phx_live_static", "LiveView static token", {5, %{id: "phx-F5x", flash: %{"info" => "saved"}, assigned_new: [:current_user]}}),
      d("phx_live_upload", "LiveView upload ref token", %{ref: "phx-F5y", cid: nil, pid_ref: nil}),
      d("phx_flash", "flash cookie", %{"error" => "no access", "info" => "Größe gespeichert"}),
      d("phx_rendered", "rendered iodata", [["<div id=\"", "phx-F5x", 34, [], ">"], [["<span>", ["1", 46, "5"], "</span>"], ""], "</div>"])
    ]
  end

  defp plug do
    [
      d("plug_session", "a session cookie", %{"_csrf_token" => "hB5xTgQ0X9JtW7nKcB3yZQ4v", "user_token" => <<9::256>>, "live_socket_id" => "users_sessions:CQ=="}),
      d("plug_session_empty", "an empty session", %{}),
      d("plug_session_atoms", "a session of atom keys", %{user_id: 42, locale: "fr", cart: [%{sku: "A-1", qty: 2}], guardian_default_token: "eyJhbGciOi"}),
      d("plug_params", "query and body parameters", %{"user" => %{"name" => "Zoë", "roles" => ["a", "b"]}, "page" => "2", "_method" => "put"}),
      s("plug_upload", "parameters with an upload", %{"avatar" => %Plug.Upload{path: "/tmp/plug-1/multipart-1", content_type: "image/png", filename: "größe.png"}}),
      s("plug_unfetched", "parameters not read yet", %Plug.Conn.Unfetched{aspect: :params}),
      d("plug_headers", "response headers", [{"content-type", "text/html; charset=utf-8"}, {"set-cookie", "a=b"}, {"set-cookie", "c=d"}, {"x-request-id", "F5x"}]),
      d("plug_cached_response", "a cached response", {200, [{"content-type", "application/json"}], ["{\"ok\":", "true", ?}]}),
      d("oauth_state", "an OAuth state", %{provider: :github, return_to: "/settings", nonce: <<3::128>>}),
      s("ueberauth", "Ueberauth.Auth", %Ueberauth.Auth{uid: "1234", provider: :github, strategy: Ueberauth.Strategy.Github, info: %{name: "Zoë", email: nil, urls: %{}}, credentials: %{expires: true, expires_at: 1_700_003_600, scopes: ["user:email"]}}),
      d("guardian_claims", "JWT claims", %{"aud" => "my_app", "exp" => 1_700_003_600, "iat" => 1_700_000_000, "iss" => "my_app", "jti" => uuid(7), "sub" => "42", "typ" => "access"})
    ]
  end

  defp jobs do
    job = %Oban.Job{
      __meta__: meta(Oban.Job, "oban_jobs"),
      id: 77,
      worker: "MyApp.Workers.Mail",
      args: %{"user_id" => 42, "template" => "welcome", "opts" => %{"locale" => "fr"}},
      attempt: 1,
      attempted_by: ["app@10.0.0.1", uuid(1)],
      inserted_at: ~U[2024-01-01 00:00:00.000000Z],
      scheduled_at: ~U[2024-01-01 00:00:05.000000Z],
      priority: 0,
      errors: [%{"at" => "2024-01-01T00:00:09.000000Z", "attempt" => 1, "error" => "** (RuntimeError) boom"}]
    }

    [
      s("oban_job", "an Oban.Job", job),
      s("oban_jobs_100", "100 jobs", for(i <- 1..100, do: %{job | id: i, errors: []})),
      d("oban_args", "job arguments", %{"id" => 1, "action" => "sync", "since" => "2024-01-01", "ids" => Enum.to_list(1..50)}),
      d("exq_job", "a Sidekiq-shaped job", %{"class" => "MyApp.Worker", "jid" => uuid(2), "queue" => "default", "args" => [1, "two", nil], "retry" => true, "enqueued_at" => 1_700_000_000.123}),
      s("broadway_message", "a Broadway.Message", %Broadway.Message{data: "{\"id\":1}", metadata: %{offset: 17, partition: 3, topic: "events", ts: 1_700_000_000_123, headers: []}, acknowledger: {Broadway.NoopAcknowledger, nil, nil}}),
      s("recorded_event", "a Commanded event", %Commanded.EventStore.RecordedEvent{event_id: uuid(3), event_number: 4, stream_id: "account-1", stream_version: 2, event_type: "Elixir.MyApp.Events.Opened", data: %{"balance" => "10.00"}, metadata: %{"user" => 1}, created_at: ~U[2024-01-01 00:00:00.000000Z]}),
      d("quantum_cron", "a cron entry", {:cron, [minute: [{:/, :*, 5}], hour: [:*], day: [{:-, 1, 5}]], MyApp.Job, :run, []}),
      d("kafka_batch", "a batch of records", for(i <- 1..100, do: %{key: "k#{i}", value: "v#{i}", offset: i, partition: rem(i, 4), timestamp: 1_700_000_000_000 + i, headers: [{"h", "1"}]}))
    ]
  end

  defp libraries do
    [
      s("swoosh_email", "a Swoosh.Email", %Swoosh.Email{subject: "Größe", from: {"Zoë", "zoe@example.com"}, to: [{"", "a@example.com"}], html_body: "<p>hi</p>", text_body: "hi", headers: %{"Reply-To" => "x@example.com"}}),
      s("tesla_env", "a Tesla.Env", %Tesla.Env{method: :get, url: "https://example.com/", status: 200, headers: [{"content-type", "application/json"}], body: %{"ok" => true}, opts: [adapter: [recv_timeout: 5000]], __module__: MyApp.Client}),
      s("finch_response", "a Finch.Response", %Finch.Response{status: 304, headers: [{"etag", "\"abc\""}]}),
      s("nebulex_entry", "a cache entry", %Nebulex.Entry{key: {MyApp.User, 1}, value: user(1), touched: 1_700_000_000_000, ttl: 60_000}),
      d("cachex_entry", "a Cachex entry record", {:entry, "key", 1_700_000_000_000, nil, %{hits: 3}}),
      d("con_cache", "cache rows", for(i <- 1..50, do: {{:user, i}, %{name: "u#{i}"}})),
      d("gettext", "translations", %{{"errors", "can't be blank"} => "doit être rempli", {"default", "Hello"} => "Bonjour"}),
      d("absinthe_result", "a GraphQL answer", %{data: %{"users" => for(i <- 1..10, do: %{"id" => "#{i}", "name" => "u"})}, errors: [%{message: "x", path: ["users", 3], locations: [%{line: 1, column: 2}]}]}),
      d("nimble_options", "an option schema", [name: [type: :atom, required: true, doc: "the name"], retries: [type: :non_neg_integer, default: 3], mode: [type: {:in, [:a, :b]}]]),
      d("stream_data", "a generated term", [{<<1::3>>, [nil, []], %{-1 => 'a'}}, [%{}, {}, ""]]),
      d("credo_issue", "an analysis result", for(i <- 1..40, do: {:warning, "lib/a#{i}.ex", i, "unused alias", [priority: :high, trigger: "alias"]})),
      d("benchee", "benchmark statistics", %{"encode" => %{average: 1234.56, ips: 810.0, std_dev: 0.12, median: 1200.0, sample_size: 1000, percentiles: %{50 => 1200.0, 99 => 1900.5}, mode: [1199, 1201], outliers: []}})
    ]
  end

  defp telemetry do
    [
      d("telemetry_phoenix", "Phoenix endpoint stop", {[:phoenix, :endpoint, :stop], %{duration: 12_345_678}, %{route: "/users/:id", status: 200, method: "GET"}}),
      d("telemetry_ecto", "Ecto query", {[:my_app, :repo, :query], %{query_time: 123_456, queue_time: 4567, decode_time: 890, total_time: 128_913, idle_time: 99}, %{type: :ecto_sql_query, repo: MyApp.Repo, source: "users", query: "SELECT u0.\"id\" FROM \"users\" AS u0 WHERE (u0.\"id\" = $1)", params: [1], options: []}}),
      s("telemetry_exception", "a span's exception event", {[:my_app, :job, :exception], %{duration: 1, monotonic_time: -576_460_752_303_423_488}, %{kind: :error, reason: %RuntimeError{message: "boom"}, stacktrace: [{MyApp, :run, 1, [file: 'lib/my_app.ex', line: 3]}]}}),
      d("telemetry_batch", "200 events", for(i <- 1..200, do: {[:vm, :memory], %{total: 26_000_000 + i}, %{}})),
      d("logger_metadata", "Logger metadata without ids", [request_id: "F5x", module: MyApp, function: "run/1", file: "lib/my_app.ex", line: 3, mfa: {MyApp, :run, 1}, domain: [:elixir], application: :my_app]),
      d("logger_event", "a Logger backend event without its group leader", {:error, {Logger, ["GET ", "/users", ?\s, "500"], {{2024, 1, 1}, {0, 0, 0, 123}}, [request_id: "F5x"]}}),
      d("logger_formatted", "Logger.Formatter.format/5", Logger.Formatter.format(Logger.Formatter.compile("$date $time [$level] $message\n"), :info, ["started ", 'ok'], {{2024, 1, 1}, {0, 0, 0, 123}}, []))
    ]
  end

  # ------------------------------------------------------------ code as data

  defp code do
    source = """
    defmodule Sample do
      @moduledoc "A sample."
      @doc "Adds."
      @spec add(integer, integer) :: integer
      def add(a, b \\\\ 1) when is_integer(a), do: a + b
    end
    """

    Code.put_compiler_option(:docs, true)
    [{Sample, beam}] = Code.compile_string(source, "sample.ex")
    {:ok, {Sample, chunks}} = :beam_lib.chunks(beam, ['Docs', 'Dbgi', 'Attr', 'ExCk'])
    [docs, dbgi, attr, exck] = for {_, bin} <- chunks, do: bin
    profile = fn <<131, 80, _::binary>> -> "cache"; <<131, _::binary>> -> "data" end
    raw = fn id, how, bin -> {"ex_" <> id, profile.(bin), [], "", how <> "; Code.compile_string/2", bin} end

    [
      d("ast", "Code.string_to_quoted!/1", Code.string_to_quoted!(source)),
      d("ast_quote", "quote", quote(do: (fn x -> x |> Enum.map(&(&1 * 2)) end))),
      d("ast_columns", "Code.string_to_quoted!/2 with columns", Code.string_to_quoted!("if a > 1, do: :b, else: [c: %{d: \"e\#{f}\"}]", columns: true, token_metadata: true)),
      d("ast_error", "Code.string_to_quoted/1 error", Code.string_to_quoted("1 +")),
      d("eex_compile", "EEx.compile_string/1", EEx.compile_string("<%= for i <- @list do %><li><%= i %></li><% end %>")),
      d("fetch_docs", "Code.fetch_docs/1 shape", :erlang.binary_to_term(docs)),
      raw.("chunk_docs", "Docs chunk of a module", docs),
      raw.("chunk_dbgi", "Dbgi chunk of a module", dbgi),
      raw.("chunk_attr", "Attr chunk of a module", attr),
      raw.("chunk_exck", "ExCk chunk of a module", exck),
      d("typespecs", "Code.Typespec.fetch_specs/1", elem(Code.Typespec.fetch_specs(beam), 1)),
      d("doc_full", "Code.fetch_docs/1 of a map function, shaped", {:docs_v1, 2, :elixir, "text/markdown", %{"en" => "doc"}, %{since: "1.0.0"}, for(i <- 1..20, do: {{:function, :"f#{i}", 1}, i, ["f#{i}(x)"], :none, %{defaults: 1}})})
    ]
  end

  defp mix do
    lock =
      for {name, deps} <- [plug: [:mime, :telemetry], phoenix: [:plug, :jason], jason: [], mime: [], telemetry: []], into: %{} do
        reqs = for dep <- deps, do: {dep, "~> 1.0", [hex: dep, repo: "hexpm", optional: false]}
        {name, {:hex, name, "1.14.0", String.duplicate("ab", 32), [:mix], reqs, "hexpm", String.duplicate("cd", 32)}}
      end

    [
      d("mix_lock", "a mix.lock", lock),
      d("mix_lock_git", "a git entry", %{demo: {:git, "https://example.com/demo.git", String.duplicate("0f", 20), [branch: "main"]}}),
      d("mix_project", "a project's keyword list", [app: :demo, version: "0.1.0", elixir: "~> 1.14", start_permanent: false, deps: [{:plug, "~> 1.0"}, {:credo, "~> 1.6", [only: [:dev, :test], runtime: false]}], aliases: [test: ["ecto.create --quiet", "test"]], elixirc_paths: ["lib"]]),
      d("mix_app_spec", "an application specification", {:application, :demo, [config_mtime: 1_700_000_000, applications: [:kernel, :stdlib, :elixir, :logger], description: 'demo', modules: [Demo, Demo.Application], registered: [], vsn: '0.1.0', mod: {Demo.Application, []}]}),
      z("mix_manifest", "a compiler manifest", {1, %{Demo => {:module, Demo, :module, ["lib/demo.ex"], nil, 1_700_000_000, false}}, %{"lib/demo.ex" => {:source, 120, {1_700_000_000, 0}, <<1::128>>, [], [], [Enum, String], [], [], [], []}}, [], for(i <- 1..50, do: {"dep#{i}", 1_700_000_000})}, [:compressed]),
      d("mix_release_config", "a release configuration", [demo: [include_executables_for: [:unix], applications: [runtime_tools: :permanent], steps: [:assemble, :tar], cookie: "not-a-secret"]])
    ]
  end

  defp hex do
    [
      h("hex_registry_rows", "rows of Hex's registry cache", for(i <- 1..40, do: {{:deps, "hexpm", "p#{i}", "1.#{i}.0"}, [{"hexpm", "plug", "plug", "~> 1.0", false}]})),
      h("hex_registry_versions", "version rows", for(i <- 1..40, do: {{:versions, "hexpm", "p#{i}"}, ["1.0.0", "1.1.0"]})),
      h("hex_publish", "metadata sent on publish", %{app: :demo, build_tools: ["mix"], description: "A démo", elixir: "~> 1.14", files: ["lib/demo.ex", "mix.exs"], licenses: ["MIT"], links: %{"GitHub" => "https://example.com"}, name: "demo", requirements: %{"plug" => %{app: "plug", optional: false, repository: "hexpm", requirement: "~> 1.0"}}, version: "0.1.0"}),
      h("hex_user", "a decoded user", %{"username" => "zoe", "email" => "zoe@example.com", "inserted_at" => "2024-01-01T00:00:00Z", "organizations" => [], "public" => true}),
      h("hex_audit", "audit log entries", for(i <- 1..50, do: %{"action" => "release.publish", "params" => %{"package" => "p#{i}", "version" => "1.0.0"}, "user_agent" => "Hex/2.0.0 (Elixir/1.14.0) (OTP/25.2.3)", "inserted_at" => "2024-01-01T00:00:00Z"}))
    ]
  end

  defp options do
    doc = %{user: user(1), list: [1, 2.5, "x", :élan, 'chars'], set: MapSet.new(["a", "b"])}
    big = Map.new(1..40, &{:"field_#{&1}", &1})

    [
      for(v <- 0..2, do: s("opt_mv#{v}", "a row and more", doc, minor_version: v)),
      s("opt_mv2_row", "a schema struct, all atoms UTF-8 as OTP 26 and later send them", user(2), minor_version: 2),
      d("opt_deterministic", "40 atom keys in term order", big, [:deterministic]),
      entry("opt_atoms40_unordered", "data", [], "unstable", "40 atom keys as the BEAM stores them", big, []),
      for(l <- [1, 6, 9], do: z("z_rows_l#{l}", "100 schema structs", Enum.map(1..100, &user/1), compressed: l)),
      z("z_rows_1000", "1,000 schema structs", Enum.map(1..1000, &user/1), [:compressed]),
      z("z_session", "a large session", %{"cart" => for(i <- 1..100, do: %{"sku" => "A-#{i}", "qty" => 1})}, [:compressed]),
      z("z_presence", "a presence state", for(i <- 1..200, into: %{}, do: {"user:#{i}", %{metas: [%{phx_ref: "F5x#{i}"}]}}), [:compressed, minor_version: 2]),
      z("z_ast", "an AST", List.duplicate(Code.string_to_quoted!("def f(x), do: x + 1"), 50), [:compressed, :deterministic]),
      z("z_mapset", "a MapSet of 500", MapSet.new(1..500, &"item-#{&1}"), compressed: 9)
    ]
  end

  # ------------------------------------------------------------ messages with ids

  # Ids of fixed nodes, from bytes written by hand, so that no id of this VM
  # gets in.
  @app :"app@10.0.0.1"
  @web :"web@10.0.0.3"
  @creation 0x65A1B2C3

  defp pid(node \\ @app, id), do: :erlang.binary_to_term(<<131, 88, atom(node)::binary, id::32, 0::32, @creation::32>>)
  defp ref(node \\ @app, words), do: :erlang.binary_to_term(<<131, 90, length(words)::16, atom(node)::binary, @creation::32, for(w <- words, into: <<>>, do: <<w::32>>)::binary>>)
  defp atom(a), do: <<119, byte_size(Atom.to_string(a)), Atom.to_string(a)::binary>>

  defp processes do
    p = pid(115)
    r = ref([0x3B9AC, 0x5F5E1, 0x12345678])
    from = {p, [:alias | r]}

    for {name, term} <- [
          genserver_call: {:"$gen_call", from, {:get, "key"}},
          genserver_call_struct: {:"$gen_call", from, {:put, user(1)}},
          genserver_reply: {r, {:ok, %{id: 1}}},
          genserver_multi_call: {:"$gen_call", {p, [[:alias | r]]}, :status},
          agent_get: {:"$gen_call", from, {:get, {MyApp.Store, :fetch, [:a]}}},
          task: %{__struct__: Task, mfa: {MyApp, :run, 1}, owner: p, pid: pid(116), ref: r},
          task_reply: {r, {:ok, [1, 2, 3]}},
          task_down: {:DOWN, r, :process, p, {%RuntimeError{message: "boom"}, [{MyApp, :run, 1, [file: 'lib/my_app.ex', line: 3]}]}},
          exit_exception: {:EXIT, p, {%KeyError{key: :a, term: %{}}, []}},
          registry: [{"user:1", p, %{joined: 1}}, {"user:2", pid(117), nil}],
          dynamic_supervisor: [{:undefined, p, :worker, [MyApp.Worker]}, {:undefined, :restarting, :worker, [MyApp.Worker]}],
          child_spec: %{id: MyApp.Worker, start: {MyApp.Worker, :start_link, [[name: {:via, Registry, {MyApp.Registry, "a"}}, parent: p]]}},
          pubsub_forward: {:forward_to_local, p, "room:lobby", %Phoenix.Socket.Broadcast{topic: "room:lobby", event: "e", payload: %{"n" => 1}}, Phoenix.Channel.Server},
          presence_heartbeat: {:pub, :heartbeat, {@app, 1_700_000_000}, :empty, {{@app, 1_700_000_000}, p}},
          presence_state: %{{@app, 1} => %{{p, "room:lobby", "user:1"} => {%{phx_ref: "F5x"}, {{@app, 1}, 17}}}},
          genstage_ask: {:"$gen_producer", {p, r}, {:ask, 500}},
          genstage_subscribe: {:"$gen_producer", {p, r}, {:subscribe, nil, [max_demand: 1000, cancel: :permanent]}},
          genstage_events: {:"$gen_consumer", {p, r}, for(i <- 1..100, do: {:event, i})},
          channel_push: {:socket_push, :text, ["[null,null,\"room:lobby\",\"e\",{}]"], p},
          live_view_mount: {Phoenix.Channel, %{"session" => "x"}, from, %{transport_pid: p, topic: "lv:phx-F5x"}},
          logger_event: {:error, pid(64), {Logger, "boom", {{2024, 1, 1}, {0, 0, 0, 0}}, [pid: p, crash_reason: {%ArithmeticError{}, []}]}},
          db_connection_client: {:lock, r, nil, p, [caller: p, timeout: 15_000]},
          horde_delta: {:delta, {p, %{{:process, MyApp.Worker} => [{{@app, r}, 17}]}}},
          swarm_track: {:track, "name", p, %{mfa: {MyApp, :start, []}}, {1, 0}},
          node_monitor: {:nodedown, @app, [nodedown_reason: :connection_closed, pid: p]}
        ] do
      g("proc_#{name}", "message or state: #{String.replace(to_string(name), "_", " ")}", [@app], term)
    end ++
      [
        g("proc_rpc", ":rpc.call/4 as rex receives it", [@web], {:"$gen_call", {pid(@web, 200), [:alias | ref(@web, [1, 2, 3])]}, {:call, Enum, :map, [[1, 2], :x], pid(@web, 64)}}),
        g("proc_erpc_reply", ":erpc reply", [@web], {ref(@web, [4, 5, 6]), :return, [1, 2, 3]}),
        g("proc_cluster", "ids of two nodes", [@app, @web], %{leader: p, followers: [pid(@web, 1), pid(@web, 2)], monitors: %{ref(@web, [1, 1, 1]) => p}}),
        d("proc_cast", "GenServer.cast/2 has no id", {:"$gen_cast", {:push, %{"a" => 1}}}),
        d("proc_libcluster", "libcluster gossip", {:gossip, %{node: @app, cookie_hash: <<5::256>>}})
      ]
  end
end

Legit.main(System.argv())
