using System.Net;
using Recs.Silo;

namespace Recs.Cluster.Tests.Hosting;

public sealed class SiloArgumentsTests
{
    private static SiloArguments Parse(params string[] args) => SiloArguments.Parse(args, _ => null);

    [Fact]
    public void Without_arguments_a_silo_is_alone_on_files_and_loopback()
    {
        var arguments = Parse();
        Assert.Equal("data", arguments.Data);
        Assert.Null(arguments.Redis);
        Assert.False(arguments.Memory);
        Assert.True(arguments.Dashboard);
        Assert.Equal(["http://localhost:8080"], arguments.Web.Urls);
        Assert.Null(arguments.AdvertisedIp);
        Assert.Equal((11111, 30000), (arguments.SiloPort, arguments.GatewayPort));
        Assert.Equal((4, 2, 2), (arguments.LogPartitions, arguments.Shards, arguments.Replicas));
        Assert.Equal((TimeSpan.FromSeconds(1), 3, 2), (arguments.ProbeTimeout, arguments.MissedProbes, arguments.DeathVotes));
        Assert.Equal((TimeSpan.FromMinutes(30), TimeSpan.FromSeconds(5), 95), (arguments.IdleUsers, arguments.Drain, arguments.LoadShedding));
    }

    [Fact]
    public void Every_option_is_read_with_a_blank_or_an_equals_sign()
    {
        var arguments = Parse(
            "--data", "d", "--redis=r:6379,password=p", "--dashboard=off", "--cluster-id", "c", "--service-id=s",
            "--advertised-ip", "10.0.0.7", "--silo-port=1", "--gateway-port", "0", "--log-partitions=8", "--shards", "3", "--replicas=4",
            "--idle-users", "2m", "--probe-timeout=2s", "--missed-probes", "5", "--death-votes=1", "--drain", "0s",
            "--load-shedding=off", "--urls", "http://127.0.0.1:9", "--rate-limit=7");
        Assert.Equal(("d", "r:6379,password=p", false), (arguments.Data, arguments.Redis, arguments.Dashboard));
        Assert.Equal(("c", "s"), (arguments.ClusterId, arguments.ServiceId));
        Assert.Equal((IPAddress.Parse("10.0.0.7"), 1, 0), (arguments.AdvertisedIp, arguments.SiloPort, arguments.GatewayPort));
        Assert.Equal((8, 3, 4), (arguments.LogPartitions, arguments.Shards, arguments.Replicas));
        Assert.Equal((TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(2), 5, 1), (arguments.IdleUsers, arguments.ProbeTimeout, arguments.MissedProbes, arguments.DeathVotes));
        Assert.Equal(TimeSpan.Zero, arguments.Drain);
        Assert.Null(arguments.LoadShedding);
        Assert.Equal(7, arguments.Web.RateLimit);

        var options = arguments.ToClusterOptions();
        Assert.Equal(("d", 8, 3, 4), (options.ArtifactDirectory, options.LogPartitions, options.Shards, options.Replicas));
    }

    [Theory]
    [InlineData("--log-partitions", "0", "1 to 1000")]
    [InlineData("--log-partitions", "1001", "1 to 1000")]
    [InlineData("--shards", "1025", "1 to 1024")]
    [InlineData("--replicas", "9", "1 to 8")]
    [InlineData("--silo-port", "0", "1 to 65535")]
    [InlineData("--gateway-port", "65536", "0 to 65535")]
    [InlineData("--missed-probes", "many", "1 to 100")]
    [InlineData("--death-votes", "-1", "1 to 100")]
    [InlineData("--idle-users", "119s", "120s to 36500d")]
    [InlineData("--probe-timeout", "500ms", "1s to 36500d")]
    [InlineData("--probe-timeout", "0s", "1s to 36500d")]
    [InlineData("--drain", "5", "0s to 36500d")]
    [InlineData("--load-shedding", "0", "off, or a percentage of CPU, 1 to 100")]
    [InlineData("--load-shedding", "101", "off, or a percentage of CPU, 1 to 100")]
    [InlineData("--dashboard", "maybe", "on or off")]
    [InlineData("--advertised-ip", "silo-1", "an IP address, such as 10.0.0.7")]
    public void A_bad_value_is_one_error_with_the_option_the_value_and_the_legal_range(string option, string value, string legal)
    {
        var refusal = Assert.Throws<RecommenderException>(() => Parse(option, value));
        Assert.Equal(RefusalKind.Invalid, refusal.Kind);
        Assert.Contains(option, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(value, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(legal, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--oops")]
    [InlineData("silo")]
    [InlineData("--shards")]
    [InlineData("--data", "--memory")]
    [InlineData("--memory=yes")]
    public void What_it_does_not_know_is_refused_with_the_option_s_name(params string[] args)
    {
        var refusal = Assert.Throws<RecommenderException>(() => Parse(args));
        Assert.Equal(RefusalKind.Invalid, refusal.Kind);
        Assert.Contains(args[0].Split('=')[0], refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Users_are_in_memory_or_in_Redis_and_not_in_both()
    {
        var refusal = Assert.Throws<RecommenderException>(() => Parse("--memory", "--redis", "localhost:6379"));
        Assert.Contains("exclude each other", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_environment_fills_in_what_the_command_line_leaves_out()
    {
        var environment = new Dictionary<string, string>
        {
            ["RECS_REDIS"] = "redis:6379",
            ["RECS_ADVERTISED_IP"] = "10.0.0.8",
            ["RECS_API_KEY_ADMIN"] = "from-environment",
        };
        var arguments = SiloArguments.Parse([], environment.GetValueOrDefault);
        Assert.Equal(("redis:6379", IPAddress.Parse("10.0.0.8")), (arguments.Redis, arguments.AdvertisedIp));
        Assert.Equal(["from-environment"], arguments.Web.AdminKeys);
        Assert.Equal("other:1", SiloArguments.Parse(["--redis", "other:1"], environment.GetValueOrDefault).Redis);
    }

    [Fact]
    public void A_bad_address_in_the_environment_is_named_as_such()
    {
        var environment = new Dictionary<string, string> { ["RECS_ADVERTISED_IP"] = "pod-1" };
        var refusal = Assert.Throws<RecommenderException>(() => SiloArguments.Parse([], environment.GetValueOrDefault));
        Assert.Contains("RECS_ADVERTISED_IP", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("pod-1", refusal.Message, StringComparison.Ordinal);
    }
}
