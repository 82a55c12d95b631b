using Recs.Engine.Embedded;

namespace Recs.Engine.Tests.Embedded;

public sealed class EmbeddedRecommenderTests
{
    private static readonly Item[] Items = [.. Enumerable.Range(0, 40).Select(i => new Item { Id = $"i{i}", Title = $"Item {i}", Categories = [$"c{i % 4}"], Price = i })];

    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_stop_and_after_a_crash()
    {
        await using var host = await EmbeddedHost.StartAsync();
        await host.Recommender.UpsertItemsAsync(Items);
        await host.Recommender.ObserveAsync([Click("u", 1, "a"), Click("u", 2, "b"), Click("v", 3, "c")]);
        await host.RestartAsync();
        await host.Recommender.ObserveAsync([Click("u", 4, "d")]);
        await host.Recommender.MergeAsync("v", "u");

        await using var crashed = await host.CrashCopyAsync();
        foreach (var recommender in new[] { host.Recommender, crashed.Recommender })
        {
            var profile = (await recommender.ProfileAsync("u"))!;
            Assert.Equal(4, profile.Sequence);
            Assert.Equal(["i1", "i2", "i3", "i4"], profile.Recent.Select(r => r.ItemId).Order());
            Assert.Equal(4, (await recommender.StatusAsync()).TotalEvents);
            Assert.Equal(2, (await recommender.StatusAsync()).Users);
            var repeat = await recommender.ObserveAsync([Click("u", 1, "a"), Click("v", 3, "c")]);
            Assert.Equal((0, 2), (repeat.Accepted, repeat.Duplicates));
        }
    }

    [Fact]
    public async Task A_chain_of_merges_whose_last_session_was_saved_ahead_of_the_checkpoint_starts_again()
    {
        // The cap evicts everything at once, so the store holds forwarding sessions that no checkpoint knows of.
        await using var host = await EmbeddedHost.StartAsync(new RecommenderOptions { MaxActiveSessions = 100 });
        await host.Recommender.UpsertItemsAsync(Items);
        await host.Recommender.ObserveAsync([Click("a", 1, null), Click("b", 2, null), Click("c", 3, null)]);
        await host.Recommender.MergeAsync("a", "b");
        await host.Recommender.MergeAsync("b", "c");
        for (var u = 0; u < 1_000; u += 10)
            await host.Recommender.ObserveAsync([.. Enumerable.Range(u, 10).Select(n => Click($"user{n}", n % 40, null))]);
        await using var crashed = await host.CrashCopyAsync();
        Assert.Equal((await host.Recommender.ProfileAsync("c"))!.Sequence, (await crashed.Recommender.ProfileAsync("a"))!.Sequence);
    }

    [Fact]
    public async Task Clicks_checkpoints_and_evictions_at_once_lose_nothing()
    {
        await using var host = await EmbeddedHost.StartAsync(new RecommenderOptions { MaxActiveSessions = 100 });
        await host.Recommender.UpsertItemsAsync(Items);
        var writing = Task.WhenAll(Enumerable.Range(0, 4).Select(async lane =>
        {
            for (var round = 0; round < 5; round++)
            {
                for (var u = lane; u < 300; u += 4)
                    Assert.Equal(round + 1, (await host.Recommender.ObserveAsync([Click($"user{u}", u % 40, null)])).Sequences[$"user{u}"]);
            }
        }));
        while (!writing.IsCompleted)
            await host.Recommender.CheckpointAsync();
        await writing;
        await using var crashed = await host.CrashCopyAsync();
        for (var u = 0; u < 300; u++)
            Assert.Equal(5, (await crashed.Recommender.ProfileAsync($"user{u}"))!.Sequence);
    }

    [Fact]
    public async Task A_crash_at_any_checkpoint_loses_and_doubles_nothing()
    {
        const int Seed = 11;
        var random = new Random(Seed);
        await using var host = await EmbeddedHost.StartAsync();
        await host.Recommender.UpsertItemsAsync(Items);
        for (var round = 0; round < 6; round++)
        {
            for (var i = 0; i < 30; i++)
                await host.Recommender.ObserveAsync([Click($"u{random.Next(8)}", random.Next(40), null)]);
            if (random.Next(2) == 0)
                await host.Recommender.CheckpointAsync();
            for (var i = 0; i < random.Next(10); i++)
                await host.Recommender.ObserveAsync([Click($"u{random.Next(8)}", random.Next(40), null)]);
            await using var crashed = await host.CrashCopyAsync();
            Assert.Equal((await host.Recommender.StatusAsync()).TotalEvents, (await crashed.Recommender.StatusAsync()).TotalEvents);
            for (var u = 0; u < 8; u++)
            {
                var (before, after) = (await host.Recommender.ProfileAsync($"u{u}"), await crashed.Recommender.ProfileAsync($"u{u}"));
                Assert.Equal(before?.Sequence, after?.Sequence);
                Assert.Equal(before?.Counts, after?.Counts);
                Assert.Equal(before?.Recent, after?.Recent);
            }
        }
    }

    [Fact]
    public async Task More_users_than_fit_in_memory_lose_nothing()
    {
        await using var host = await EmbeddedHost.StartAsync(new RecommenderOptions { MaxActiveSessions = 100 });
        await host.Recommender.UpsertItemsAsync(Items);
        for (var round = 1; round <= 3; round++)
        {
            for (var u = 0; u < 400; u += 4)
                await host.Recommender.ObserveAsync([.. Enumerable.Range(u, 4).Select(n => Click($"user{n}", n % 40, null))]);
            var status = await host.Recommender.StatusAsync();
            Assert.Equal(400, status.Users);
            Assert.InRange(status.ActiveSessions, 1, 104);
        }

        for (var u = 0; u < 400; u++)
            Assert.Equal(3, (await host.Recommender.ProfileAsync($"user{u}"))!.Sequence);
    }

    [Fact]
    public async Task Idle_sessions_leave_memory_and_come_back()
    {
        var time = new ManualTime();
        await using var host = await EmbeddedHost.StartAsync(new RecommenderOptions { SessionIdleTimeout = TimeSpan.FromMinutes(5), CheckpointInterval = TimeSpan.FromMinutes(1) }, time);
        await host.Recommender.UpsertItemsAsync(Items);
        await host.Recommender.ObserveAsync([Click("u", 1, null)]);
        Assert.Equal(1, (await host.Recommender.StatusAsync()).ActiveSessions);
        for (var minute = 0; minute < 1_000 && (await host.Recommender.StatusAsync()).ActiveSessions > 0; minute++)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            await Task.Yield();
        }

        Assert.Equal(0, (await host.Recommender.StatusAsync()).ActiveSessions);
        Assert.Equal(1, (await host.Recommender.ProfileAsync("u"))!.Sequence);
    }

    [Fact]
    public async Task The_cap_on_users_refuses_new_ones_and_keeps_serving_the_known()
    {
        await using var host = await EmbeddedHost.StartAsync(new RecommenderOptions { MaxUsers = 2 });
        await host.Recommender.UpsertItemsAsync(Items);
        await host.Recommender.ObserveAsync([Click("a", 1, null), Click("b", 1, null)]);
        var refusal = await Assert.ThrowsAsync<RecommenderException>(async () => await host.Recommender.ObserveAsync([Click("a", 2, null), Click("c", 1, null)]));
        Assert.Equal(RefusalKind.StorageFull, refusal.Kind);
        Assert.Equal(2, (await host.Recommender.ObserveAsync([Click("a", 2, null)])).Sequences["a"]);
        Assert.NotEmpty((await host.Recommender.RecommendAsync(new PageRequest { UserId = "c" })).Items);
        await host.Recommender.ForgetAsync("b");
        Assert.Equal(1, (await host.Recommender.ObserveAsync([Click("c", 1, null)])).Sequences["c"]);
    }

    [Fact]
    public async Task A_full_event_log_refuses_events_whole_and_pages_go_on()
    {
        var options = new RecommenderOptions { EventLog = new SegmentedLogOptions { SegmentBytes = 64 << 10, MaxBytes = 256 << 10 } };
        await using var host = await EmbeddedHost.StartAsync(options);
        await host.Recommender.UpsertItemsAsync(Items);
        var accepted = 0L;
        var refusal = await Assert.ThrowsAsync<RecommenderException>(async () =>
        {
            for (var i = 0; i < 100_000; i++)
                accepted = (await host.Recommender.ObserveAsync([.. Enumerable.Range(0, 50).Select(n => Click("u", n % 40, $"{i}/{n}"))])).Sequences["u"];
        });
        Assert.Equal(RefusalKind.StorageFull, refusal.Kind);
        Assert.Equal(accepted, (await host.Recommender.ProfileAsync("u"))!.Sequence);
        Assert.Equal(accepted, (await host.Recommender.StatusAsync()).TotalEvents);
        Assert.NotEmpty((await host.Recommender.RecommendAsync(new PageRequest { UserId = "w" })).Items);
    }

    [Fact]
    public async Task A_slow_source_is_named_and_never_waited_for()
    {
        var stuck = new StuckSource();
        await using var host = await EmbeddedHost.StartAsync(sources: [stuck]);
        await host.Recommender.UpsertItemsAsync(Items);
        await host.Recommender.RecommendAsync(new PageRequest { UserId = "warm-up", Deadline = TimeSpan.FromSeconds(10) });
        stuck.Stick();
        var page = await host.Recommender.RecommendAsync(new PageRequest { UserId = "u", Deadline = TimeSpan.FromMilliseconds(500) });
        Assert.Equal(20, page.Items.Count);
        Assert.Contains("stuck", page.Degraded);
        stuck.LetGo();
    }

    [Fact]
    public async Task Before_the_start_calls_are_refused_as_not_ready_and_the_status_answers()
    {
        await using var host = new EmbeddedHost();
        var refusal = await Assert.ThrowsAsync<RecommenderException>(async () => await host.Recommender.ProfileAsync("u"));
        Assert.Equal(RefusalKind.NotReady, refusal.Kind);
        Assert.NotNull(refusal.RetryAfter);
        var status = await host.Recommender.StatusAsync();
        Assert.False(status.Ready);
        Assert.NotNull(status.Starting);
    }

    [Fact]
    public async Task A_second_process_on_the_folder_is_told_who_holds_it()
    {
        await using var host = await EmbeddedHost.StartAsync();
        await using var second = new EmbeddedRecommender(host.Options, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var refusal = await Assert.ThrowsAsync<RecommenderException>(() => second.StartAsync());
        Assert.Equal(RefusalKind.Conflict, refusal.Kind);
        Assert.Contains(Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture), refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_option_out_of_range_is_named_with_its_range()
    {
        var refusal = Assert.Throws<RecommenderException>(() => new EmbeddedHost(new RecommenderOptions { CandidatesPerSource = 1 }));
        Assert.Equal(("CandidatesPerSource", "1", "10 to 2000"), (refusal.Field, refusal.Value, refusal.Legal));
    }

    [Fact]
    public async Task What_was_found_and_not_ranked_for_want_of_room_is_told_so()
    {
        await using var host = await EmbeddedHost.StartAsync(new RecommenderOptions { MaxCandidates = 10 });
        await host.Recommender.UpsertItemsAsync(Items);
        await host.Recommender.ObserveAsync([Click("u", 1, null)]);
        var page = await host.Recommender.RecommendAsync(new PageRequest { UserId = "u", Count = 5, WhyNot = [.. Items.Select(i => i.Id)], Deadline = TimeSpan.FromSeconds(5) });
        var stages = page.Explanation!.WhyNot.ToLookup(w => w.Stage);
        // All but the one that was clicked are found; ten of them are ranked.
        Assert.Equal(Items.Length - 1 - 10, stages["retrieval"].Count());
        Assert.All(stages["retrieval"], w => Assert.Contains("of the 39 items found 10 are ranked", w.Detail, StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_byte_of_a_forgotten_id_is_left_in_the_folder()
    {
        const string Id = "somebody-quite-unmistakable";
        const string Guest = "guest-quite-unmistakable";
        await using var host = await EmbeddedHost.StartAsync();
        await host.Recommender.UpsertItemsAsync(Items);
        await host.Recommender.ObserveAsync([Click(Guest, 1, null), Click("other", 2, null)]);
        await host.Recommender.ObserveAsync([Click(Id, 1, null)]);
        await host.Recommender.RecommendAsync(new PageRequest { UserId = Id });
        await host.Recommender.CheckpointAsync();
        await host.Recommender.MergeAsync(Guest, Id);
        await host.Recommender.ObserveAsync([Click(Guest, 5, null), Click("other", 6, null)]);
        await host.Recommender.CheckpointAsync();
        var receipt = await host.Recommender.ForgetAsync(Guest);
        Assert.Equal(0, receipt.Remaining);
        Assert.Equal(1, receipt.ImpressionsRemoved);
        Assert.True(receipt.FilesRewritten > 0);
        await host.Recommender.CheckpointAsync();
        AssertNowhere(host.Data, Id);
        AssertNowhere(host.Data, Guest);

        await host.RestartAsync();
        Assert.Null(await host.Recommender.ProfileAsync(Id));
        Assert.Null(await host.Recommender.ProfileAsync(Guest));
        Assert.Equal(2, (await host.Recommender.ProfileAsync("other"))!.Sequence);
    }

    private static void AssertNowhere(string folder, string id)
    {
        var wanted = System.Text.Encoding.UTF8.GetBytes(id);
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            // The lock is empty, and cannot be opened while it is held.
            if (new FileInfo(file).Length == 0)
                continue;
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            Assert.True(bytes.AsSpan().IndexOf(wanted) < 0, $"'{id}' is still in {Path.GetRelativePath(folder, file)}");
        }
    }

    private static Interaction Click(string user, int item, string? eventId) =>
        new() { UserId = user, ItemId = $"i{item}", Type = InteractionType.Click, EventId = eventId };

    private sealed class StuckSource : ICandidateSource
    {
        private readonly TaskCompletionSource _letGo = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _sticks;

        public string Name => "stuck";

        public void Stick() => _sticks = true;

        public void LetGo() => _letGo.SetResult();

        public async ValueTask RetrieveAsync(RetrievalContext context, CandidateList candidates, CancellationToken cancellationToken) =>
            await (_sticks ? _letGo.Task : Task.CompletedTask);
    }
}
