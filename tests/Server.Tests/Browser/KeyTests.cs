using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using Recs.Api;
using Recs.Api.Hosting;
using static Microsoft.Playwright.Assertions;

namespace Recs.Server.Tests.Browser;

[Collection(ShopCollection.Name)]
public sealed class KeyTests(Shop shop)
{
    private const string Key = "a-write-key-of-this-test";

    [SkippableFact]
    public async Task A_server_with_keys_and_a_prefix_asks_for_one_and_then_serves_the_shop()
    {
        shop.RequireBrowser();
        var folder = Directory.CreateTempSubdirectory("recs-keys-").FullName;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddRecommender(o => o with { DataDirectory = folder, DefaultDeadline = TimeSpan.FromSeconds(5) });
        await using (var app = builder.Build())
        {
            app.MapRecommender(new RecommenderApiOptions { Prefix = "/recs", WriteKeys = [Key] });
            await app.StartAsync();
            await app.Services.GetRequiredService<RecommenderHost>().Started;
            await app.Services.GetRequiredService<IRecommender>().UpsertItemsAsync(
                [.. Enumerable.Range(1, 20).Select(n => new Item { Id = $"item-{n}", Title = $"Item {n}", Categories = ["Books"], Price = n })]);
            await using var visitor = await shop.VisitAsync("recs/", url: app.Urls.First() + "/");
            var dialog = visitor.Page.Locator("#key-dialog");
            await Expect(dialog).ToBeVisibleAsync();

            await dialog.Locator("input").FillAsync("none-of-the-servers-keys");
            await dialog.Locator("button").ClickAsync();
            await Expect(dialog).ToContainTextAsync("none of this server's");

            await dialog.Locator("input").FillAsync(Key);
            await dialog.Locator("button").ClickAsync();

            Assert.NotEmpty(await visitor.ListAsync());
            await visitor.ActAsync(visitor.ForYou.First, "like");
            Assert.DoesNotContain(Key, visitor.Page.Url);
            visitor.Expect(401);
        }
        Directory.Delete(folder, recursive: true);
    }
}
