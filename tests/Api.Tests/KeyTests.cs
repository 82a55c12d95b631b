using System.Net;

namespace Recs.Api.Tests;

/// <summary>Who may do what, with which key, from where.</summary>
public sealed class KeyTests
{
    private const string Read = "read-key-0123456789", Write = "write-key-0123456789", Admin = "admin-key-0123456789";

    private static readonly RecommenderApiOptions Keyed = new() { ReadKeys = [Read], WriteKeys = [Write], AdminKeys = [Admin] };

    public static TheoryData<string, string, string?, int> Operations => new()
    {
        { "GET", "/v1/users/u/recommendations", null, 1 },
        { "GET", "/v1/items/a", null, 1 },
        { "GET", "/v1/items/a/similar", null, 1 },
        { "GET", "/v1/trending", null, 1 },
        { "GET", "/v1/users/u", null, 1 },
        { "GET", "/v1/models", null, 1 },
        { "GET", "/v1/status", null, 1 },
        { "POST", "/v1/events", """[{"userId":"u","itemId":"a","type":"click"}]""", 2 },
        { "PUT", "/v1/items/b", "{}", 2 },
        { "DELETE", "/v1/items/a", null, 2 },
        { "POST", "/v1/items", """[{"id":"c"}]""", 2 },
        { "POST", "/v1/users/u/merge", """{"guestId":"g"}""", 2 },
        { "DELETE", "/v1/users/u", null, 3 },
        { "POST", "/v1/models/reload", null, 3 },
        { "GET", "/v1/rules", null, 3 },
        { "PUT", "/v1/rules", """{"rules":[]}""", 3 },
    };

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task Each_operation_needs_its_role_and_no_more(string method, string path, string? body, int role)
    {
        await using var api = await ApiHost.StartAsync(Keyed);
        await api.AddItemsAsync("a");
        await api.PostKeyedAsync(Write, "/v1/events", """[{"userId":"u","itemId":"a","type":"view"}]""");
        var before = api.Recommender.Writes;

        (await api.SendAsync(new HttpMethod(method), path, body)).Problem(401);
        (await api.SendAsync(new HttpMethod(method), path, body, ("X-Api-Key", "some-other-key-012345"))).Problem(401);
        var keys = new[] { Read, Write, Admin };
        for (var i = 0; i < role - 1; i++)
            (await api.SendAsync(new HttpMethod(method), path, body, ("X-Api-Key", keys[i]))).Problem(403);
        Assert.Equal(before, api.Recommender.Writes);

        var allowed = await api.SendAsync(new HttpMethod(method), path, body, ("Authorization", "Bearer " + keys[role - 1]));
        Assert.True(allowed.Status is 200 or 204 || path == "/v1/models/reload", $"{allowed.Status} {allowed.Text}");
        Assert.NotInRange(allowed.Status, 401, 403);
    }

    [Fact]
    public void Every_operation_is_in_the_matrix()
    {
        var tested = Operations.Select(row => $"{row[0]} {((string)row[1]).Replace("/u/", "/{id}/").Replace("/a/", "/{id}/")}"
            .Replace("/items/a", "/items/{id}").Replace("/items/b", "/items/{id}").Replace("/users/u", "/users/{id}")).Order();
        IEnumerable<Endpoints.ApiOperation> all =
        [
            .. Endpoints.PageOperations.All, .. Endpoints.EventOperations.All, .. Endpoints.ItemOperations.All,
            .. Endpoints.UserOperations.All, .. Endpoints.RuleOperations.All, .. Endpoints.OperatorOperations.All,
        ];
        Assert.Equal(all.Where(o => o.Role != Security.ApiRole.Anyone).Select(o => $"{o.Method} {o.Pattern}").Order(), tested);
    }

    [Fact]
    public async Task Health_and_the_document_need_no_key()
    {
        await using var api = await ApiHost.StartAsync(Keyed);
        (await api.GetAsync("/health/live")).Ok();
        (await api.GetAsync("/health/ready")).Ok();
        (await api.GetAsync("/openapi/v1.json")).Ok();
    }

    [Fact]
    public async Task Beyond_loopback_without_keys_nobody_is_answered_unless_everybody_is()
    {
        await using (var closed = await ApiHost.StartAsync(url: "http://0.0.0.0:0"))
        {
            Assert.Contains("AllowAnonymous", (string?)(await closed.GetAsync("/v1/trending")).Problem(401)["detail"], StringComparison.Ordinal);
            (await closed.GetAsync("/health/live")).Ok();
        }
        await using var open = await ApiHost.StartAsync(new RecommenderApiOptions { AllowAnonymous = true }, "http://0.0.0.0:0");
        (await open.GetAsync("/v1/trending")).Ok();
    }

    [Fact]
    public async Task On_loopback_no_key_is_needed_when_none_is_set()
    {
        await using var api = await ApiHost.StartAsync(url: "http://127.0.0.1:0");
        (await api.GetAsync("/v1/trending")).Ok();
    }

    [Theory]
    [InlineData("same-origin", 200)]
    [InlineData("same-site", 403)]
    [InlineData("cross-site", 403)]
    [InlineData("none", 403)]
    [InlineData(null, 403)]
    public async Task A_cookie_changes_things_only_for_our_own_pages(string? site, int status)
    {
        await using var api = await ApiHost.StartAsync(Keyed);
        await api.AddItemsAsync("a");
        List<(string, string)> headers = [("Cookie", "recs-key=" + Write)];
        if (site is not null)
            headers.Add(("Sec-Fetch-Site", site));
        (await api.SendAsync(HttpMethod.Get, "/v1/trending", null, [.. headers])).Ok();
        var reply = await api.SendAsync(HttpMethod.Post, "/v1/events", """[{"userId":"u","itemId":"a","type":"click"}]""", [.. headers]);
        Assert.Equal(status, reply.Status);
        Assert.Equal(status == 200 ? 2 : 1, api.Recommender.Writes);
    }

    [Theory]
    [InlineData("cross-site", 403)]
    [InlineData("same-origin", 200)]
    [InlineData(null, 200)]
    public async Task Without_keys_another_sites_page_changes_nothing(string? site, int status)
    {
        await using var api = await ApiHost.StartAsync();
        (string, string)[] headers = site is null ? [] : [("Sec-Fetch-Site", site)];
        Assert.Equal(status, (await api.SendAsync(HttpMethod.Put, "/v1/items/x", "{}", headers)).Status);
        Assert.Equal(status == 200 ? 1 : 0, api.Recommender.Writes);
    }

    [Theory]
    [InlineData("localhost:8080", 200)]
    [InlineData("127.0.0.1", 200)]
    [InlineData("[::1]:8080", 200)]
    [InlineData("recs.example", 403)]
    [InlineData("localhost.recs.example:8080", 403)]
    public async Task Without_keys_the_server_answers_to_this_machines_names_alone(string host, int status)
    {
        await using var api = await ApiHost.StartAsync();
        Assert.Equal(status, (await api.SendAsync(HttpMethod.Get, "/v1/trending", null, ("Host", host))).Status);
        await using var open = await ApiHost.StartAsync(new RecommenderApiOptions { AllowAnonymous = true });
        Assert.Equal(200, (await open.SendAsync(HttpMethod.Get, "/v1/trending", null, ("Host", host))).Status);
    }

    [Theory]
    [InlineData("http://localhost:8080", true)]
    [InlineData("http://127.0.0.1:1", true)]
    [InlineData("http://127.8.8.8", true)]
    [InlineData("https://[::1]:443/", true)]
    [InlineData("http://unix:/run/recs.sock", true)]
    [InlineData("http://0.0.0.0:8080", false)]
    [InlineData("http://[::]:8080", false)]
    [InlineData("http://*:8080", false)]
    [InlineData("http://+:8080", false)]
    [InlineData("http://10.0.0.5:8080", false)]
    [InlineData("http://localhost.evil.example:8080", false)]
    [InlineData("http://shop.example", false)]
    public void Loopback_is_what_only_this_machine_reaches(string url, bool loopback) =>
        Assert.Equal(loopback, Security.Exposure.IsLoopback(url));

    public static TheoryData<RecommenderApiOptions, string> BadOptions => new()
    {
        { new() { MaxBodyBytes = 10 }, "MaxBodyBytes" },
        { new() { MaxConcurrentRequests = 0 }, "MaxConcurrentRequests" },
        { new() { RequestsPerSecond = -1 }, "RequestsPerSecond" },
        { new() { Prefix = "recs" }, "Prefix" },
        { new() { Prefix = "/recs/" }, "Prefix" },
        { new() { ReadKeys = ["short"] }, "ReadKeys" },
        { new() { WriteKeys = ["a key with blanks in it"] }, "WriteKeys" },
        { new() { ReadKeys = [Read], AdminKeys = [Read] }, "AdminKeys" },
        { new() { AllowAnonymous = true, AdminKeys = [Admin] }, "AllowAnonymous" },
        { new() { WriteTimeout = TimeSpan.Zero }, "WriteTimeout" },
    };

    [Theory]
    [MemberData(nameof(BadOptions))]
    public async Task A_bad_option_is_named_when_it_is_mapped(RecommenderApiOptions options, string name)
    {
        var refusal = await Assert.ThrowsAsync<RecommenderException>(() => ApiHost.StartAsync(options));
        Assert.Equal(name, refusal.Field);
        Assert.DoesNotContain("short'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_take_the_key_once_and_keep_it_from_scripts()
    {
        await using var api = await ApiHost.StartAsync(Keyed, "http://127.0.0.1:0", pages: true);
        var wrong = await api.GetAsync("/?key=not-the-right-key-1");
        Assert.Equal(401, wrong.Status);
        var reply = await api.GetAsync($"/?key={Read}&user=u");
        Assert.Equal(HttpStatusCode.Redirect, reply.Code);
        Assert.Equal("/?user=u", reply.Headers.Location!.OriginalString);
        var cookie = reply.Headers.GetValues("Set-Cookie").Single();
        Assert.StartsWith("recs-key=" + Read + ";", cookie, StringComparison.Ordinal);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
    }
}
