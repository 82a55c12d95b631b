using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Serializers;

namespace Recs.Cluster.Tests.Serialization;

public sealed class SurrogateTests : IDisposable
{
    private const int Seeds = 20;

    private readonly ServiceProvider _services = new ServiceCollection()
        .AddSerializer(builder => builder.AddAssembly(typeof(IUserGrain).Assembly))
        .BuildServiceProvider();

    /// <summary>The engine's records that grain methods carry, and those inside them.</summary>
    public static TheoryData<Type> Records()
    {
        var found = new HashSet<Type>();
        foreach (var method in typeof(IUserGrain).Assembly.GetExportedTypes().Where(t => t.IsAssignableTo(typeof(IGrain))).SelectMany(t => t.GetMethods()))
        {
            Collect(method.ReturnType, found);
            foreach (var parameter in method.GetParameters())
                Collect(parameter.ParameterType, found);
        }

        return [.. found.OrderBy(type => type.FullName, StringComparer.Ordinal)];
    }

    [Fact]
    public void The_interfaces_carry_the_records_that_are_tested_here()
    {
        var records = Records();

        Assert.Contains(typeof(FeatureContribution), records);
        Assert.Contains(typeof(Interaction), records);
        Assert.Contains(typeof(LatencySummary), records);
        Assert.Contains(typeof(Rule), records);
    }

    [Theory]
    [MemberData(nameof(Records))]
    public void A_record_arrives_as_it_was_sent(Type type)
    {
        var serializer = _services.GetRequiredService<Serializer>();
        for (var seed = 0; seed < Seeds; seed++)
        {
            var sent = new AnyRecord(seed).Of(type);

            var arrived = serializer.Deserialize<object>(serializer.SerializeToArray<object>(sent));

            SameValue.Check(sent, arrived, $"seed {seed}: {type.Name}");
        }
    }

    [Theory]
    [MemberData(nameof(Records))]
    public void A_record_is_not_copied_between_grains_of_one_silo(Type type)
    {
        var record = new AnyRecord(1).Of(type);

        Assert.Same(record, _services.GetRequiredService<DeepCopier>().Copy<object>(record));
    }

    [Theory]
    [MemberData(nameof(Records))]
    public void A_record_is_named_on_the_wire_by_an_alias_that_outlives_a_rename(Type type)
    {
        var bytes = _services.GetRequiredService<Serializer>().SerializeToArray<object>(new AnyRecord(1).Of(type));

        var text = System.Text.Encoding.Latin1.GetString(bytes);
        Assert.Contains("recs.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Recs.Engine", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_of_events_arrives_whatever_list_it_was()
    {
        var serializer = _services.GetRequiredService<Serializer>();
        Interaction one = (Interaction)new AnyRecord(1).Of(typeof(Interaction)), two = (Interaction)new AnyRecord(2).Of(typeof(Interaction));
        IReadOnlyList<Interaction>[] shapes =
        [
            new[] { one, two },
            new List<Interaction> { one, two },
            [one, two],
            new[] { one, two }.AsReadOnly(),
            new ArraySegment<Interaction>([two, one, two], 1, 2),
        ];

        foreach (var shape in shapes)
        {
            var arrived = serializer.Deserialize<IReadOnlyList<Interaction>>(serializer.SerializeToArray(shape));

            Assert.Equal([one, two], arrived);
        }
    }

    [Fact]
    public void A_null_among_events_arrives_as_null()
    {
        var serializer = _services.GetRequiredService<Serializer>();
        var bytes = serializer.SerializeToArray<IReadOnlyList<Interaction>>(new Interaction[] { null! });

        Assert.Null(Assert.Single(serializer.Deserialize<IReadOnlyList<Interaction>>(bytes)!));
    }

    [Fact]
    public void An_item_with_nulls_arrives_with_nulls_so_that_it_is_refused_where_it_is_checked()
    {
        var serializer = _services.GetRequiredService<Serializer>();
        var sent = new Item
        {
            Id = "a",
            Title = null!,
            Categories = null!,
            Tags = null!,
            Attributes = new Dictionary<string, AttributeValue> { ["x"] = null! },
        };

        var arrived = serializer.Deserialize<Item>(serializer.SerializeToArray(sent));

        SameValue.Check(sent, arrived, "item");
        Assert.Null(serializer.Deserialize<Item>(serializer.SerializeToArray(sent with { Attributes = null! }))!.Attributes);
    }

    [Fact]
    public void Every_field_of_a_refusal_arrives()
    {
        var serializer = _services.GetRequiredService<Serializer>();
        foreach (var kind in Enum.GetValues<RefusalKind>())
        {
            var refusal = new RefusalException(new RecommenderException(kind, "count was 0; legal is 1 to 200.")
            {
                Field = "count",
                Value = "0",
                Legal = "1 to 200",
                Index = 7,
                RetryAfter = TimeSpan.FromSeconds(3),
            });

            var arrived = (RefusalException)serializer.Deserialize<Exception>(serializer.SerializeToArray<Exception>(refusal))!;
            var said = arrived.ToEngine();

            Assert.Equal("count was 0; legal is 1 to 200.", said.Message);
            Assert.Equal((kind, "count", "0", "1 to 200", 7, TimeSpan.FromSeconds(3)), (said.Kind, said.Field, said.Value, said.Legal, said.Index, said.RetryAfter));
        }
    }

    [Fact]
    public void A_refusal_without_details_arrives_without_them()
    {
        var serializer = _services.GetRequiredService<Serializer>();
        var refusal = new RefusalException(new RecommenderException(RefusalKind.NotFound, "No item 'x'."));

        var said = ((RefusalException)serializer.Deserialize<Exception>(serializer.SerializeToArray<Exception>(refusal))!).ToEngine();

        Assert.Equal((RefusalKind.NotFound, "No item 'x'."), (said.Kind, said.Message));
        Assert.Equal((null, null, null, null, null), (said.Field, said.Value, said.Legal, said.Index, said.RetryAfter));
    }

    public void Dispose() => _services.Dispose();

    private static void Collect(Type type, HashSet<Type> found)
    {
        foreach (var argument in type.GenericTypeArguments)
            Collect(argument, found);
        if (type.Assembly != typeof(Interaction).Assembly || type.IsEnum || type.IsAbstract || !found.Add(type))
            return;
        foreach (var property in type.GetProperties())
            Collect(property.PropertyType, found);
    }
}
