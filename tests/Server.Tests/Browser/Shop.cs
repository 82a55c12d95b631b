using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using Recs.Api;
using Recs.Api.Hosting;
using Recs.Training.Simulation;

namespace Recs.Server.Tests.Browser;

/// <summary>A server over a small demo world on a port of its own, and one Chromium, for all browser tests.</summary>
public sealed class Shop : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("recs-shop-").FullName;
    private WebApplication? _app;
    private IPlaywright? _playwright;

    public string Url { get; private set; } = "";

    public IRecommender Recommender => _app!.Services.GetRequiredService<IRecommender>();

    public StartupProgress Startup => _app!.Services.GetRequiredService<StartupProgress>();

    public HttpClient Http { get; } = new();

    /// <summary>Null where no Chromium is.</summary>
    public IBrowser? Browser { get; private set; }

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        // Deadlines are the engine's tests' business; here a machine under load must not empty a list.
        builder.Services.AddRecommender(o => o with { DataDirectory = _folder, DefaultDeadline = TimeSpan.FromSeconds(5) });
        _app = builder.Build();
        _app.MapRecommender();
        await _app.StartAsync();
        Url = _app.Urls.First() + "/";
        Http.BaseAddress = new Uri(Url);
        await _app.Services.GetRequiredService<RecommenderHost>().Started;

        var world = DemoWorld.Create(new DemoWorldOptions { Items = 300, Users = 60, Days = 7, End = TimeProvider.System.GetUtcNow() });
        await Recommender.UpsertItemsAsync([.. world.Items]);
        foreach (var batch in world.History().Chunk(Limits.MaxEventsPerBatch))
            await Recommender.ObserveAsync(batch);

        if (Chromium() is not { } path) return;
        _playwright = await Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = path,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        });
    }

    public void RequireBrowser() =>
        Skip.If(Browser is null, "No Chromium is here: apt-get install chromium, or name one in CHROMIUM.");

    /// <summary>A fresh visitor, with a storage of its own.</summary>
    public async Task<Visitor> VisitAsync(string path = "", int width = 1440, int height = 1000, string? url = null)
    {
        RequireBrowser();
        var context = await Browser!.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = url ?? Url,
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(30_000);
        var visitor = new Visitor(await context.NewPageAsync());
        await visitor.Page.GotoAsync(path);
        return visitor;
    }

    public async Task DisposeAsync()
    {
        if (Browser is not null) await Browser.DisposeAsync();
        _playwright?.Dispose();
        Http.Dispose();
        if (_app is not null) await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string? Chromium() => new[]
    {
        Environment.GetEnvironmentVariable("CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
    }.FirstOrDefault(path => path is { Length: > 0 } && File.Exists(path));
}

[CollectionDefinition(Name)]
public sealed class ShopCollection : ICollectionFixture<Shop>
{
    public const string Name = "shop";
}
