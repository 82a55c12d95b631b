using NSubstitute;
using Orleans.Runtime;

namespace Recs.Cluster.Tests.Client;

public sealed class ClusterCallTests : IDisposable
{
    private readonly FakeCluster _cluster = new();

    [Fact]
    public async Task A_merge_is_asked_of_the_guest()
    {
        var guest = Substitute.For<IUserGrain>();
        _cluster.Grains.GetGrain<IUserGrain>("guest").Returns(guest);
        guest.MergeIntoAsync("ann").Returns(new MergeReceipt("guest", "ann", 5, 2, false));

        Assert.Equal(5, (await _cluster.Recommender.MergeAsync("guest", "ann")).Sequence);
    }

    [Fact]
    public async Task A_merge_with_oneself_is_refused_before_any_call()
    {
        var refusal = await Assert.ThrowsAsync<RecommenderException>(async () => await _cluster.Recommender.MergeAsync("ann", "ann"));

        Assert.Equal((RefusalKind.Invalid, "guestId"), (refusal.Kind, refusal.Field));
        Assert.Empty(_cluster.Grains.ReceivedCalls());
    }

    [Fact]
    public async Task Illegal_items_and_rules_are_refused_before_any_call()
    {
        var item = await Assert.ThrowsAsync<RecommenderException>(
            async () => await _cluster.Recommender.UpsertItemsAsync([new Item { Id = "a", Price = -1 }]));
        var rule = await Assert.ThrowsAsync<RecommenderException>(
            async () => await _cluster.Recommender.ReplaceRulesAsync(new RuleSet { Rules = [new Rule { Name = "r", Action = RuleAction.Pin }] }));

        Assert.Equal(("price", "item"), (item.Field, rule.Field));
        Assert.Empty(_cluster.Grains.ReceivedCalls());
    }

    [Fact]
    public async Task What_can_be_asked_twice_is_asked_again_when_the_answer_is_lost()
    {
        _cluster.Catalog.UpsertAsync(Arg.Any<IReadOnlyList<Item>>()).Returns(
            _ => Task.FromException<CatalogReceipt>(new SiloUnavailableException("The silo is gone.")),
            _ => Task.FromResult(new CatalogReceipt(0, 0, 1, 4)));

        var receipt = await _cluster.EndOf(_cluster.Recommender.UpsertItemsAsync([new Item { Id = "a" }]));

        Assert.Equal(4, receipt.CatalogVersion);
    }

    [Fact]
    public async Task A_removal_is_asked_for_once_so_that_its_receipt_tells_what_was_removed()
    {
        _cluster.Control.ForgetAsync("ann").Returns(Task.FromException<ForgetReceipt>(new TimeoutException()));

        var refusal = await Assert.ThrowsAsync<RecommenderException>(async () => await _cluster.Recommender.ForgetAsync("ann"));

        Assert.Equal(RefusalKind.Overloaded, refusal.Kind);
        await _cluster.Control.Received(1).ForgetAsync("ann");
    }

    [Fact]
    public async Task A_refusal_that_the_silos_own_filter_turned_back_is_understood_alike()
    {
        var notReady = new RecommenderException(RefusalKind.NotReady, "Starting.") { RetryAfter = TimeSpan.FromMilliseconds(20) };
        _cluster.Control.StatusAsync().Returns(_ => Task.FromException<RecommenderStatus>(notReady), _ => Task.FromResult<RecommenderStatus>(null!));
        _cluster.Ann.RecommendAsync(Arg.Any<PageRequest>()).Returns(Task.FromException<Page>(notReady));
        _cluster.Pages.RecommendWithoutSessionAsync(Arg.Any<PageRequest>()).Returns(FakeCluster.Page("lesser"));

        await _cluster.EndOf(_cluster.Recommender.StatusAsync());

        await _cluster.Control.Received(2).StatusAsync();
        Assert.Equal("lesser", (await _cluster.Recommender.RecommendAsync(new PageRequest { UserId = "ann" })).RequestId);
    }

    [Fact]
    public async Task A_fault_of_the_cluster_is_not_hidden_and_not_repeated()
    {
        _cluster.Pages.GetItemAsync("a").Returns(Task.FromException<Item?>(new InvalidDataException("damaged")));

        await Assert.ThrowsAsync<InvalidDataException>(async () => await _cluster.Recommender.GetItemAsync("a"));

        await _cluster.Pages.Received(1).GetItemAsync("a");
    }

    [Fact]
    public void A_setting_out_of_its_range_is_named()
    {
        var refusal = Assert.Throws<RecommenderException>(() => new FakeCluster(new ClusterRecommenderOptions { AttemptTimeout = TimeSpan.Zero }));

        Assert.Equal("AttemptTimeout", refusal.Field);
    }

    public void Dispose() => _cluster.Dispose();
}
