using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Recs.Cluster.Tests.Client;

/// <summary>A client's registration, and its life without a cluster.</summary>
public sealed class RecommenderClientTests
{
    public static TheoryData<RecommenderClientOptions, string> Refused() => new()
    {
        { new RecommenderClientOptions { Redis = "localhost:6379", GatewayPort = 30_000 }, "client" },
        { new RecommenderClientOptions { Redis = "" }, "Redis" },
        { new RecommenderClientOptions { GatewayPort = 0 }, "GatewayPort" },
        { new RecommenderClientOptions { ConnectRetryDelay = TimeSpan.Zero }, "ConnectRetryDelay" },
        { new RecommenderClientOptions { Calls = new ClusterRecommenderOptions { MaxAttempts = 0 } }, "MaxAttempts" },
        { new RecommenderClientOptions { Publishing = new EventPublisherOptions { BatchSize = 200 } }, "BatchSize" },
    };

    [Fact]
    public async Task An_application_starts_without_its_cluster_and_calls_are_refused_with_a_time_to_come_again()
    {
        using var host = Build();
        await host.StartAsync();

        var recommender = host.Services.GetRequiredService<IRecommender>();
        var refusals = new[]
        {
            await Assert.ThrowsAsync<RecommenderException>(async () => await recommender.RecommendAsync(new PageRequest { UserId = "ann" })),
            await Assert.ThrowsAsync<RecommenderException>(async () => await recommender.TrendingAsync(new TrendingRequest())),
            await Assert.ThrowsAsync<RecommenderException>(async () => await recommender.ObserveAsync([FakeCluster.Event("ann")])),
            await Assert.ThrowsAsync<RecommenderException>(async () => await recommender.StatusAsync()),
        };

        Assert.All(refusals, refusal => Assert.Equal((RefusalKind.NotReady, TimeSpan.FromSeconds(1)), (refusal.Kind, refusal.RetryAfter)));
        Assert.False(host.Services.GetRequiredService<ClusterConnection>().IsConnected);
        await host.StopAsync();
    }

    [Fact]
    public async Task An_event_published_without_a_cluster_is_refused_as_not_sent_when_the_application_stops()
    {
        using var host = Build(options => options with { Publishing = new EventPublisherOptions { DrainTimeout = TimeSpan.Zero, MaxDelay = TimeSpan.FromMinutes(1) } });
        await host.StartAsync();
        var published = host.Services.GetRequiredService<IEventPublisher>().PublishAsync(FakeCluster.Event("ann", "own"));

        await host.StopAsync();

        var refusal = await Assert.ThrowsAsync<RecommenderException>(() => published);
        Assert.Contains(refusal.Kind, new[] { RefusalKind.Overloaded, RefusalKind.NotReady });
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Settings_that_cannot_be_are_named(RecommenderClientOptions options, string field)
    {
        var refusal = Assert.Throws<RecommenderException>(() => new ServiceCollection().AddRecommenderClient(options));

        Assert.Equal(field, refusal.Field);
    }

    [Fact]
    public void A_second_client_in_one_application_is_refused()
    {
        var services = new ServiceCollection().AddRecommenderClient();

        Assert.Equal(RefusalKind.Conflict, Assert.Throws<RecommenderException>(() => services.AddRecommenderClient()).Kind);
    }

    /// <summary>A client of a silo that is not there.</summary>
    private static IHost Build(Func<RecommenderClientOptions, RecommenderClientOptions>? more = null)
    {
        using var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        var port = ((IPEndPoint)nobody.LocalEndpoint).Port;
        nobody.Stop();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.ClearProviders();
        builder.Services.AddRecommenderClient(options => (more ?? (o => o))(options with { GatewayPort = port }));
        return builder.Build();
    }
}
