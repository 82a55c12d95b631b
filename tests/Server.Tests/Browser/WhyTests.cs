using static Microsoft.Playwright.Assertions;

namespace Recs.Server.Tests.Browser;

[Collection(ShopCollection.Name)]
public sealed class WhyTests(Shop shop)
{
    [SkippableFact]
    public async Task The_why_panel_names_sources_features_and_rules()
    {
        await using var visitor = await shop.VisitAsync();
        await visitor.ListAsync();
        await visitor.ActAsync(visitor.ForYou.First, "like");

        await visitor.ForYou.First.Locator("[data-act=why]").ClickAsync();

        var why = visitor.Sheet.Locator(".why");
        await Expect(why).ToContainTextAsync("Why this?");
        await Expect(why.Locator(".sources li").First).ToBeVisibleAsync();
        await Expect(why.Locator(".features li").First).ToBeVisibleAsync();
        await Expect(why).ToContainTextAsync("Rules");
        await Expect(why).ToContainTextAsync("How the list was made");
    }

    [SkippableFact]
    public async Task An_absent_item_is_explained_by_where_it_was_lost()
    {
        await using var visitor = await shop.VisitAsync();
        await visitor.ListAsync();

        await visitor.Page.FillAsync("#whynot-form input", "no-such-item");
        await visitor.Page.ClickAsync("#whynot-form button");

        await Expect(visitor.Sheet.Locator(".why .badge")).ToHaveTextAsync("Not in the catalogue");
    }

    [SkippableFact]
    public async Task A_hostile_title_is_text_and_nothing_else()
    {
        const string title = "<img src=x onerror=\"document.title='owned'\"> & \"quotes\"";
        await shop.Recommender.UpsertItemsAsync([new Item { Id = "hostile\"><b>", Title = title, Categories = ["<i>"], Price = 1 }]);
        await using var visitor = await shop.VisitAsync();
        await visitor.ListAsync();

        await visitor.Page.FillAsync("#whynot-form input", "hostile\"><b>");
        await visitor.Page.ClickAsync("#whynot-form button");

        await Expect(visitor.Sheet.Locator("#sheet-title")).ToHaveTextAsync(title);
        Assert.Equal("Orleans.Recs: the shop", await visitor.Page.TitleAsync());
        await shop.Recommender.DeleteItemAsync("hostile\"><b>");
    }
}
