using System.Globalization;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Recs.Server.Tests.Browser;

[Collection(ShopCollection.Name)]
public sealed class StorefrontTests(Shop shop)
{
    [SkippableFact]
    public async Task A_guest_sees_a_full_list_and_what_is_trending()
    {
        await using var visitor = await shop.VisitAsync();

        Assert.Equal(12, (await visitor.ListAsync()).Distinct().Count());
        await Expect(visitor.Page.Locator("[data-slot=trending] .card[data-item]").First).ToBeVisibleAsync();
        Assert.StartsWith("guest-", await visitor.IdAsync());
        await Expect(visitor.Page.Locator("#because")).ToBeHiddenAsync();
    }

    [SkippableFact]
    public async Task A_like_changes_the_list_and_shows_how_long_that_took()
    {
        await using var visitor = await shop.VisitAsync();
        var before = await visitor.ListAsync();
        var title = await visitor.ForYou.First.Locator(".open").InnerTextAsync();

        var shown = await visitor.ActAsync(visitor.ForYou.First, "like");

        var after = await visitor.ListAsync();
        Assert.NotEqual(before, after);
        Assert.DoesNotContain(before[0], after);
        await Expect(visitor.Page.Locator("#pulse")).ToContainTextAsync(
            string.Create(CultureInfo.InvariantCulture, $"changed this list in {shown:0.0} ms (server "));
        await Expect(visitor.Page.Locator("#because-title")).ToHaveTextAsync($"Because you liked {title}");
        await Expect(visitor.Page.Locator("#profile .recent li").First).ToContainTextAsync(title);
    }

    [SkippableFact]
    public async Task A_hidden_card_leaves_and_stays_away()
    {
        await using var visitor = await shop.VisitAsync();
        var hidden = (await visitor.ListAsync())[2];

        await visitor.ActAsync(visitor.ForYou.Nth(2), "hide");

        Assert.DoesNotContain(hidden, await visitor.ListAsync());
        await Expect(visitor.Page.Locator("[data-hidden]")).ToHaveTextAsync("1");
        await visitor.Page.ReloadAsync();
        Assert.DoesNotContain(hidden, await visitor.ListAsync());
    }

    [SkippableFact]
    public async Task A_click_opens_the_item_and_counts()
    {
        await using var visitor = await shop.VisitAsync();
        var clicked = (await visitor.ListAsync())[1];

        await visitor.ActAsync(visitor.ForYou.Nth(1), "open");

        await Expect(visitor.Sheet.Locator(".detail")).ToHaveAttributeAsync("data-item", clicked);
        await Expect(visitor.Sheet.Locator(".detail-similar .card").First).ToBeVisibleAsync();
        await visitor.Page.Keyboard.PressAsync("Escape");
        await Expect(visitor.Sheet).ToBeHiddenAsync();
        var profile = await shop.Recommender.ProfileAsync(await visitor.IdAsync());
        Assert.Equal(1, profile!.Counts[InteractionType.Click]);
        Assert.Equal(clicked, profile.Recent[0].ItemId);
    }

    [SkippableFact]
    public async Task A_purchase_from_the_open_item_counts_under_the_list_that_showed_it()
    {
        await using var visitor = await shop.VisitAsync();
        await visitor.ListAsync();
        await visitor.ActAsync(visitor.ForYou.First, "open");

        await visitor.ActAsync(visitor.Sheet.Locator(".detail"), "purchase");

        var profile = await shop.Recommender.ProfileAsync(await visitor.IdAsync());
        Assert.Equal(1, profile!.Counts[InteractionType.Purchase]);
    }

    [SkippableFact]
    public async Task A_guest_who_signs_in_keeps_the_history()
    {
        await using var visitor = await shop.VisitAsync();
        await visitor.ListAsync();
        var guest = await visitor.IdAsync();
        var title = await visitor.ForYou.First.Locator(".open").InnerTextAsync();
        await visitor.ActAsync(visitor.ForYou.First, "like");

        await visitor.Page.FillAsync("#merge-form input", "newcomer");
        await visitor.Page.ClickAsync("#merge-form button");

        await Expect(visitor.Page.Locator("#who-name")).ToHaveTextAsync("newcomer");
        await Expect(visitor.Page.Locator("#profile .recent")).ToContainTextAsync(title);
        Assert.Equal([guest], (await shop.Recommender.ProfileAsync("newcomer"))!.MergedGuests);
        await visitor.Page.ReloadAsync();
        await Expect(visitor.Page.Locator("#who-name")).ToHaveTextAsync("newcomer");
    }

    [SkippableFact]
    public async Task One_can_be_somebody_else_and_a_guest_again()
    {
        await using var visitor = await shop.VisitAsync();
        var guest = await visitor.ListAsync();
        await visitor.Page.ClickAsync("#who-button");
        await visitor.Page.ClickAsync("#people [data-be='shopper-0001']");

        await Expect(visitor.Page.Locator("#kind-badge")).ToHaveTextAsync("user");
        await Expect(visitor.Page.Locator("#profile .bars li").First).ToBeVisibleAsync();
        Assert.NotEqual(guest, await visitor.ListAsync());

        await visitor.Page.ClickAsync("#who-button");
        await visitor.Page.ClickAsync("#new-guest");
        await Expect(visitor.Page.Locator("#kind-badge")).ToHaveTextAsync("guest");
    }

    [SkippableFact]
    public async Task Forgetting_shows_a_receipt_of_what_went_and_that_nothing_is_left()
    {
        await using var visitor = await shop.VisitAsync();
        await visitor.ListAsync();
        var guest = await visitor.IdAsync();
        await visitor.ActAsync(visitor.ForYou.First, "like");

        await visitor.Page.ClickAsync("#forget");

        await Expect(visitor.Sheet.Locator(".receipt")).ToContainTextAsync("Nothing is left.");
        await Expect(visitor.Sheet.Locator(".receipt")).ToContainTextAsync(guest);
        Assert.Null(await shop.Recommender.ProfileAsync(guest));
        Assert.NotEqual(guest, await visitor.IdAsync());
    }

    [SkippableFact]
    public async Task The_filter_holds_for_every_card_and_a_bad_one_is_explained_where_it_was_typed()
    {
        await using var visitor = await shop.VisitAsync();
        var all = await visitor.ListAsync();
        await visitor.Page.SelectOptionAsync("#filter-price", "20");

        await Expect(visitor.Page.Locator("#filter-text")).ToHaveValueAsync("price < 20");
        await visitor.Page.WaitForFunctionAsync(
            "before => [...document.querySelectorAll('[data-slot=for-you] .card[data-item]')].map(c => c.dataset.item).join() !== before", string.Join(',', all));
        var prices = await visitor.ForYou.EvaluateAllAsync<double[]>("cards => cards.map(card => Number(card.dataset.price))");
        Assert.NotEmpty(prices);
        Assert.All(prices, price => Assert.InRange(price, 0.01, 19.999));

        var kept = await visitor.ListAsync();
        await visitor.Page.FillAsync("#filter-text", "price <");
        await visitor.Page.PressAsync("#filter-text", "Enter");
        await Expect(visitor.Page.Locator("#filter-error")).ToContainTextAsync("position");
        Assert.Equal(kept, await visitor.ListAsync());
        visitor.Expect(400);
    }

    [SkippableFact]
    public async Task Impressions_are_sent_for_what_was_in_sight()
    {
        await using var visitor = await shop.VisitAsync();
        var sent = await visitor.Page.RunAndWaitForRequestAsync(
            () => visitor.ListAsync(), request => request.Url.EndsWith("/v1/events", StringComparison.Ordinal));

        Assert.Contains("\"type\":\"impression\"", sent.PostData);
        Assert.Equal(200, (await sent.ResponseAsync())!.Status);
        Assert.True((await shop.Recommender.ProfileAsync(await visitor.IdAsync()))!.Counts[InteractionType.Impression] > 0);
    }

    [SkippableFact]
    public async Task While_the_server_makes_its_data_a_progress_view_stands_in_and_turns_into_the_shop()
    {
        shop.Startup.Report("training: factorisation", 0.4, "epoch 3 of 8");
        try
        {
            await using var visitor = await shop.VisitAsync();
            await Expect(visitor.Page.Locator("#starting-text")).ToHaveTextAsync("Training: factorisation: epoch 3 of 8");
            await Expect(visitor.Page.Locator("#starting-bar")).ToHaveJSPropertyAsync("value", 40);

            shop.Startup.Complete();

            Assert.Equal(12, (await visitor.ListAsync()).Length);
        }
        finally
        {
            shop.Startup.Complete();
        }
    }

    [SkippableFact]
    public async Task Everything_can_be_reached_by_keyboard()
    {
        await using var visitor = await shop.VisitAsync();
        await visitor.ListAsync();

        await visitor.Page.Keyboard.PressAsync("Tab");
        await Expect(visitor.Page.Locator(".skip")).ToBeFocusedAsync();
        await visitor.Page.Keyboard.PressAsync("Enter");
        await Expect(visitor.Page.Locator("#main")).ToBeFocusedAsync();

        await visitor.ForYou.First.Locator(".open").FocusAsync();
        await visitor.Page.Keyboard.PressAsync("Tab");
        await Expect(visitor.ForYou.First.Locator("[data-act=like]")).ToBeFocusedAsync();
        await visitor.Page.Keyboard.PressAsync("Enter");
        await visitor.Page.Locator("#pulse[data-ms]").WaitForAsync();
        // The liked card is gone; whoever uses the keyboard goes on where it was.
        await Expect(visitor.ForYou.First.Locator("[data-act=like]")).ToBeFocusedAsync();
    }
}
