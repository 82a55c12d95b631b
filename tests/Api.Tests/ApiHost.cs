using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Recs.Api.Tests;

/// <summary>The API over a fake recommender, in process or on a socket of its own.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ApiHost(WebApplication app, FakeRecommender recommender, HttpClient client)
    {
        _app = app;
        Recommender = recommender;
        Client = client;
    }

    public FakeRecommender Recommender { get; }

    public HttpClient Client { get; }

    public TestServer Server => _app.GetTestServer();

    /// <param name="options">Settings; the defaults when null.</param>
    /// <param name="url">Serve on Kestrel there; in process when null.</param>
    /// <param name="pages">Also serve the pages for people.</param>
    /// <param name="real">Serve this recommender instead of the fake.</param>
    public static async Task<ApiHost> StartAsync(RecommenderApiOptions? options = null, string? url = null, bool pages = false, IRecommender? real = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (url is null)
            builder.WebHost.UseTestServer();
        else
            builder.WebHost.UseUrls(url);
        var recommender = new FakeRecommender();
        builder.Services.AddSingleton(real ?? recommender);
        if (pages)
            builder.Services.AddRecommenderApi();
        var app = builder.Build();
        app.MapRecommender(options);
        app.MapNotFound();
        await app.StartAsync();
        if (url is null)
            return new ApiHost(app, recommender, app.GetTestClient());
        var address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()
            .Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal));
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        return new ApiHost(app, recommender, new HttpClient(handler) { BaseAddress = address });
    }

    public async Task AddItemsAsync(params string[] ids) => await Recommender.UpsertItemsAsync(
        [.. ids.Select(id => new Item { Id = id, Title = "Title " + id, Categories = ["books"], Price = 5 })]);

    public Task<Reply> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<Reply> PostAsync(string path, string json) => SendAsync(HttpMethod.Post, path, json);

    public Task<Reply> PostKeyedAsync(string key, string path, string json) =>
        SendAsync(HttpMethod.Post, path, json, ("X-Api-Key", key));

    public async Task<Reply> SendAsync(
        HttpMethod method, string path, string? json = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(json)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Client.SendAsync(request);
        return await Reply.FromAsync(response);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}

internal sealed record Reply(HttpStatusCode Code, string? Type, string Text, HttpResponseHeaders Headers)
{
    public int Status => (int)Code;

    public JsonNode Json => JsonNode.Parse(Text)!;

    public static async Task<Reply> FromAsync(HttpResponseMessage response) => new(
        response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(), response.Headers);

    /// <summary>Asserts problem details of this status, and gives them.</summary>
    public JsonObject Problem(int status)
    {
        Assert.True(Status == status, $"expected {status}, got {Status}: {Text}");
        Assert.Equal("application/problem+json", Type);
        var problem = Json.AsObject();
        Assert.StartsWith("urn:orleans-recs:problem:", (string?)problem["type"], StringComparison.Ordinal);
        Assert.False(string.IsNullOrWhiteSpace((string?)problem["title"]));
        Assert.False(string.IsNullOrWhiteSpace((string?)problem["detail"]));
        Assert.Equal(status, (int?)problem["status"]);
        return problem;
    }

    public JsonNode Ok()
    {
        Assert.True(Status == 200, $"expected 200, got {Status}: {Text}");
        Assert.Equal("application/json", Type);
        return Json;
    }
}
