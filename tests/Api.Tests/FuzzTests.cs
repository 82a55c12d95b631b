using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Recs.Engine.Embedded;

namespace Recs.Api.Tests;

/// <summary>
/// Seeded nonsense against the whole surface over the real recommender: every answer is 2xx or problem details of a
/// 4xx, and a refused call changes nothing.
/// </summary>
public sealed partial class FuzzTests : IAsyncLifetime
{
    private const int Rounds = 1500;

    private static readonly string[] Paths =
    [
        "/v1/users/u1/recommendations", "/v1/items/a", "/v1/items/a/similar", "/v1/trending", "/v1/users/u1", "/v1/users/u1/merge",
        "/v1/events", "/v1/items", "/v1/models", "/v1/status", "/v1/rules", "/health/ready", "/v1/nothing",
    ];

    private static readonly string[] Parameters =
        ["count", "surface", "filter", "exclude", "after", "explain", "whyNot", "includeSeen", "deadlineMs", "userId", "importSource", "importFirstRow", "x"];

    private static readonly string[] Bodies =
    [
        """[{"userId":"u1","itemId":"a","type":"click","eventId":"e1","timestamp":"2026-03-01T12:00:00Z","weight":1,"revenue":2,"requestId":"r"}]""",
        """[{"userId":"u1","itemId":"a","type":"rating","weight":4.5},{"userId":"u2","itemId":"b","type":"impression"}]""",
        """{"id":"a","title":"A","categories":["c"],"tags":["t"],"price":5,"available":true,"createdAt":"2026-03-01T12:00:00Z","attributes":{"size":"m","n":1,"f":true,"l":["x"]}}""",
        """[{"id":"a","title":"A"},{"id":"b","tags":["t"]}]""",
        """{"guestId":"g1"}""",
        """{"rules":[{"name":"n","action":"boost","filter":"price < 10","factor":2,"surfaces":["home"],"from":"2026-03-01T12:00:00Z"}]}""",
    ];

    private static readonly string[] Scraps =
    [
        "null", "true", "-1", "1e999", "0.1", "99999999999999999999", "\"\"", "\"\\u0000\"", "\"\\ud800\"", "{}", "[]", "[[]]", "[null]",
        "\"2026-13-45\"", "\"é\"", ",", ":", "{", "}", "[", "]", "\"", "\\", "\0", "//", "NaN", " ", "\u00ff", "\"userId\":1,",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("recs-fuzz-").FullName;
    private EmbeddedRecommender _recommender = null!;
    private ApiHost _api = null!;

    public async Task InitializeAsync()
    {
        _recommender = new EmbeddedRecommender(
            new RecommenderOptions { DataDirectory = _folder }, TimeProvider.System, NullLoggerFactory.Instance);
        await _recommender.StartAsync();
        _api = await ApiHost.StartAsync(new RecommenderApiOptions { MaxBodyBytes = 64 << 10 }, "http://127.0.0.1:0", real: _recommender);
        (await _api.PostAsync("/v1/items", """[{"id":"a","title":"A","categories":["c"]},{"id":"b","title":"B"},{"id":"c"}]""")).Ok();
        (await _api.PostAsync("/v1/events", """[{"userId":"u1","itemId":"a","type":"click"}]""")).Ok();
    }

    public async Task DisposeAsync()
    {
        await _api.DisposeAsync();
        await _recommender.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Mutated_calls_are_taken_or_refused_and_refusals_change_nothing(int seed)
    {
        var random = new Random(seed);
        var (accepted, refused) = (0, 0);
        var state = await StateAsync();
        for (var round = 0; round < Rounds; round++)
        {
            var method = new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Patch }[Skewed(random, 5)];
            var path = Path(random) + Query(random);
            var body = method == HttpMethod.Get || random.Next(10) == 0 ? null : Mutate(random, Bodies[random.Next(Bodies.Length)]);
            var reply = await _api.SendAsync(method, path, body);
            var told = $"seed {seed}, round {round}: {method} {path} {body} -> {reply.Status} {reply.Text}";
            var now = await StateAsync();
            if (reply.Status is >= 200 and < 300)
            {
                accepted++;
                Assert.True(method != HttpMethod.Get || state == now, told);
            }
            else
            {
                refused++;
                Assert.True(reply.Status is >= 400 and < 500, told);
                Assert.True(reply.Type == "application/problem+json", told);
                Assert.True((int?)reply.Json["status"] == reply.Status && !string.IsNullOrEmpty((string?)reply.Json["detail"]), told);
                Assert.True(state == now, told);
            }
            state = now;
        }
        // Nonsense that is all refused, or all taken, would test half of this.
        Assert.InRange(accepted, Rounds / 50, Rounds);
        Assert.InRange(refused, Rounds / 4, Rounds);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public async Task Valid_batches_with_one_flaw_are_refused_whole(int seed)
    {
        var random = new Random(seed);
        var flaws = new[]
        {
            """{"userId":"","itemId":"a","type":"click"}""", """{"userId":"u1","itemId":"no-such-item","type":"click"}""",
            """{"userId":"u1","itemId":"a","type":"buy"}""", """{"userId":"u1","itemId":"a","type":"click","weight":101}""",
            """{"userId":"u1","itemId":"a","type":"rating"}""", """{"userId":"u1","itemId":"a","type":"rating","weight":6}""",
            """{"userId":"u1","itemId":"a","type":"purchase","revenue":-0.01}""", """{"userId":"u1","itemId":"a","type":"view","timestamp":"2999-01-01T00:00:00Z"}""",
            """{"userId":"u1","itemId":"a","type":"view","user":"u1"}""", "7", "null",
        };
        for (var round = 0; round < 100; round++)
        {
            var size = random.Next(1, 50);
            var at = random.Next(size);
            var flaw = flaws[random.Next(flaws.Length)];
            var body = string.Join(",", Enumerable.Range(0, size).Select(
                i => i == at ? flaw : $$"""{"userId":"u{{i % 5}}","itemId":"a","type":"view"}"""));
            var before = await StateAsync();
            var reply = await _api.PostAsync("/v1/events", $"[{body}]");
            Assert.True(reply.Status == 400 && (int?)reply.Json["index"] == at, $"seed {seed}, round {round}: {flaw} at {at} -> {reply.Text}");
            Assert.Equal(before, await StateAsync());
        }
    }

    [Theory]
    [InlineData(21)]
    public async Task Raw_bytes_on_the_wire_never_become_a_5xx(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 300; round++)
        {
            var path = Paths[random.Next(Paths.Length)] + (random.Next(2) == 0 ? "" : "?filter=" + Encoding.Latin1.GetString(Bytes(random, 12)));
            var head = Mutate(random, $"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Api-Key: {(char)random.Next(33, 126)}\r\n\r\n");
            var answer = await ExchangeAsync(Encoding.Latin1.GetBytes(head), hangUp: true);
            // 505 is the caller's too: it asked for another version of HTTP.
            Assert.True(answer.Length == 0 || Status().IsMatch(answer), $"seed {seed}, round {round}: {head} -> {answer}");
        }
        (await _api.GetAsync("/health/ready")).Ok();
    }

    [Theory]
    [InlineData("surface=%ZZ")]
    [InlineData("surface=%F")]
    [InlineData("surface=%")]
    [InlineData("surface=%C3%28")]
    public async Task A_broken_escape_is_refused_and_not_passed_on(string query)
    {
        var answer = await ExchangeAsync(Encoding.ASCII.GetBytes(
            $"GET /v1/users/u1/recommendations?{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), hangUp: false);
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("percent-encoded", answer, StringComparison.Ordinal);
    }

    private async Task<string> ExchangeAsync(byte[] request, bool hangUp)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(_api.Client.BaseAddress!.Host, _api.Client.BaseAddress.Port);
        var stream = socket.GetStream();
        try
        {
            await stream.WriteAsync(request);
            // A head cut short would wait for the rest.
            if (hangUp)
                socket.Client.Shutdown(SocketShutdown.Send);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            return await reader.ReadToEndAsync();
        }
        catch (IOException)
        {
            return "";
        }
    }

    private async Task<string> StateAsync()
    {
        var status = await _recommender.StatusAsync();
        var rules = Engine.Policies.RuleSetJson.Write(await _recommender.GetRulesAsync());
        var one = await _recommender.ProfileAsync("u1");
        return $"{status.TotalEvents} events, {status.Users} users, catalog {status.CatalogVersion}, u1 at {one?.Sequence}, rules {Convert.ToHexString(rules)}";
    }

    [GeneratedRegex("^HTTP/1\\.[01] ([24][0-9][0-9]|505) ")]
    private static partial Regex Status();

    private static int Skewed(Random random, int count) => (int)(count * Math.Pow(random.NextDouble(), 1.5));

    private static string Path(Random random)
    {
        var path = Paths[random.Next(Paths.Length)];
        return random.Next(6) switch
        {
            0 => path.Replace("u1", Uri.EscapeDataString(Text(random)), StringComparison.Ordinal),
            1 => path.Replace("/a", "/" + Uri.EscapeDataString(Text(random)), StringComparison.Ordinal),
            2 => path + "/" + random.Next(3),
            _ => path,
        };
    }

    private static string Query(Random random)
    {
        var count = random.Next(4);
        return count == 0 ? "" : "?" + string.Join('&', Enumerable.Range(0, count).Select(_ =>
            Parameters[random.Next(Parameters.Length)] + "=" + random.Next(5) switch
            {
                0 => Uri.EscapeDataString(Text(random)),
                1 => random.Next(-2, 300).ToString(System.Globalization.CultureInfo.InvariantCulture),
                2 => "true",
                3 => Uri.EscapeDataString(Mutate(random, "category = \"c\" and (price < 10 or not tags in (\"t\", \"u\"))")),
                _ => "home",
            }));
    }

    private static string Mutate(Random random, string text)
    {
        var edits = random.Next(3);
        for (var i = 0; i < edits; i++)
        {
            var at = random.Next(text.Length + 1);
            text = random.Next(4) switch
            {
                0 => text.Insert(at, Scraps[random.Next(Scraps.Length)]),
                1 => text.Remove(at, Math.Min(random.Next(1, 6), text.Length - at)),
                2 => text[..at] + Scraps[random.Next(Scraps.Length)] + text[Math.Min(text.Length, at + random.Next(1, 8))..],
                _ => text.Insert(at, text.Substring(at, Math.Min(random.Next(1, 20), text.Length - at))),
            };
        }
        return text;
    }

    /// <summary>Text of any characters that UTF-8 can carry but NUL, which the web server itself refuses in a path.</summary>
    private static string Text(Random random) => string.Concat(Enumerable.Range(0, random.Next(1, random.Next(20) == 0 ? 300 : 12)).Select(_ =>
    {
        var rune = random.Next(4) switch { 0 => random.Next(1, 0x20), 1 => random.Next(0x20, 0x7f), 2 => random.Next(0x80, 0xd7ff), _ => random.Next(0xe000, 0x10ffff) };
        return char.ConvertFromUtf32(rune);
    }));

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
