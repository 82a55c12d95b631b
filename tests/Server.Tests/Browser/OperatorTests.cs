using static Microsoft.Playwright.Assertions;

namespace Recs.Server.Tests.Browser;

[Collection(ShopCollection.Name)]
public sealed class OperatorTests(Shop shop)
{
    [SkippableFact]
    public async Task The_figures_follow_what_happens()
    {
        await using var visitor = await shop.VisitAsync("operator");
        await Expect(visitor.Page.Locator("#live-text")).ToHaveTextAsync("live");
        await Expect(visitor.Page.Locator("[data-fig=catalogItems]")).ToHaveTextAsync(
            (await shop.Recommender.StatusAsync()).CatalogItems.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var users = (await shop.Recommender.StatusAsync()).Users;
        var item = (await shop.Recommender.TrendingAsync(new TrendingRequest { Count = 1 })).Items[0].Id;

        await shop.Recommender.ObserveAsync(
            [new Interaction { UserId = $"seen-by-operator-{users}", ItemId = item, Type = InteractionType.Click }]);

        await Expect(visitor.Page.Locator("[data-fig=users]")).ToHaveTextAsync($"{users + 1}");
    }

    [SkippableFact]
    public async Task Charts_stages_and_models_are_drawn()
    {
        await shop.Recommender.RecommendAsync(new PageRequest { UserId = "shopper-0001" });
        await using var visitor = await shop.VisitAsync("operator");

        await Expect(visitor.Page.Locator("[data-chart=memory] path.series")).ToHaveCountAsync(2);
        await Expect(visitor.Page.Locator("#stages tbody th").First).ToHaveTextAsync("page");
        await Expect(visitor.Page.Locator("#models")).ToContainTextAsync("model", new() { IgnoreCase = true });
    }
}
