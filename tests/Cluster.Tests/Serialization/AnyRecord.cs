using System.Reflection;

namespace Recs.Cluster.Tests.Serialization;

/// <summary>
/// Fills a record of any type from a seed, property by property: a property that is added to a record tomorrow is filled
/// and compared without a change here. What may be null is null one time in four; lists come in every shape that callers use.
/// </summary>
internal sealed class AnyRecord(int seed)
{
    private static readonly NullabilityInfoContext Nullability = new();

    private readonly Random _random = new(seed);

    public object Of(Type type)
    {
        if (type == typeof(string))
            return Text();
        if (type == typeof(bool))
            return _random.Next(2) == 1;
        if (type == typeof(int))
            return _random.Next(int.MinValue, int.MaxValue);
        if (type == typeof(long))
            return _random.NextInt64(long.MinValue, long.MaxValue);
        if (type == typeof(double))
            return _random.Next(8) == 0 ? double.NaN : BitConverter.Int64BitsToDouble(_random.NextInt64());
        if (type == typeof(TimeSpan))
            return TimeSpan.FromTicks(_random.NextInt64(TimeSpan.TicksPerDay));
        if (type == typeof(DateTimeOffset))
            return new DateTimeOffset(_random.NextInt64(600_000_000_000_000_000, 650_000_000_000_000_000), TimeSpan.FromMinutes(15 * _random.Next(-40, 40)));
        if (type.IsEnum)
            return Enum.GetValues(type).GetValue(_random.Next(Enum.GetValues(type).Length))!;
        if (type == typeof(ItemFilter))
            return Filter();
        if (type == typeof(AttributeValue))
            return Attribute();
        if (type == typeof(ReadOnlyMemory<float>))
            return (ReadOnlyMemory<float>)List<double>().Select(value => (float)value).ToArray();
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            return Invoke(nameof(List), type.GenericTypeArguments);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))
            return Invoke(nameof(Map), type.GenericTypeArguments);
        return Record(type);
    }

    private object Record(Type type)
    {
        var constructor = type.GetConstructors().OrderBy(c => c.GetParameters().Length).Last();
        object?[] arguments = [.. constructor.GetParameters().Select(p => Value(p.ParameterType, Nullability.Create(p)))];
        var record = constructor.Invoke(arguments);
        if (arguments.Length == 0)
        {
            foreach (var property in type.GetProperties().Where(p => p.SetMethod is not null))
                property.SetValue(record, Value(property.PropertyType, Nullability.Create(property)));
        }

        return record;
    }

    private object? Value(Type type, NullabilityInfo nullability) =>
        nullability.ReadState == NullabilityState.Nullable && _random.Next(4) == 0
            ? null
            : Of(Nullable.GetUnderlyingType(type) ?? type);

    private object Invoke(string method, Type[] arguments) =>
        GetType().GetMethod(method, BindingFlags.Instance | BindingFlags.NonPublic)!.MakeGenericMethod(arguments).Invoke(this, null)!;

    private IReadOnlyList<T> List<T>()
    {
        T[] array = [.. Enumerable.Range(0, _random.Next(4)).Select(_ => (T)Of(typeof(T)))];
        return _random.Next(4) switch
        {
            0 => array,
            1 => array.ToList(),
            2 => array.AsReadOnly(),
            _ => [.. array],
        };
    }

    private IReadOnlyDictionary<TKey, TValue> Map<TKey, TValue>()
        where TKey : notnull
    {
        var map = new Dictionary<TKey, TValue>();
        for (var i = _random.Next(4); i > 0; i--)
            map[(TKey)Of(typeof(TKey))] = (TValue)Of(typeof(TValue));
        return _random.Next(2) == 0 ? map : new SortedDictionary<TKey, TValue>(map);
    }

    private string Text() =>
        string.Create(_random.Next(6), _random, (chars, random) =>
        {
            foreach (ref var c in chars)
                c = "aZ0 -_'\"\\äß→東"[random.Next(13)];
        });

    private ItemFilter Filter() => _random.Next(4) switch
    {
        0 => ItemFilter.Equal("category", "it's \"new\""),
        1 => ItemFilter.Between("price", 0.1, _random.Next(1, 100)),
        2 => !ItemFilter.In("tag", "a", "ü") | ItemFilter.Compare("price", ComparisonOperator.AtMost, 1.0 / 3),
        _ => ItemFilter.Compare("createdAt", ComparisonOperator.AtLeast, (DateTimeOffset)Of(typeof(DateTimeOffset))),
    };

    private AttributeValue Attribute() => _random.Next(4) switch
    {
        0 => new AttributeValue.Text(Text()),
        1 => new AttributeValue.Number(_random.NextDouble()),
        2 => new AttributeValue.Flag(_random.Next(2) == 1),
        _ => new AttributeValue.TextList(List<string>()),
    };
}
