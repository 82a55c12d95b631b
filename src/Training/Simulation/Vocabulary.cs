namespace Recs.Training.Simulation;

/// <summary>The words that the demo shop's shelves are made of.</summary>
internal static class Vocabulary
{
    /// <param name="Name">The category.</param>
    /// <param name="Nouns">What is sold there; each is also a tag.</param>
    /// <param name="TypicalPrice">Median price.</param>
    internal sealed record Shelf(string Name, string[] Nouns, double TypicalPrice);

    public static readonly Shelf[] Shelves =
    [
        new("Books", ["Novel", "Atlas", "Cookbook", "Biography", "Field Guide", "Poetry", "Thriller", "Sketchbook"], 18),
        new("Audio", ["Headphones", "Speaker", "Turntable", "Earbuds", "Microphone", "Amplifier", "Soundbar"], 120),
        new("Kitchen", ["Kettle", "Skillet", "Chef's Knife", "Mixing Bowl", "Stand Mixer", "Teapot", "Grinder", "Casserole"], 45),
        new("Garden", ["Planter", "Secateurs", "Watering Can", "Hammock", "Lantern", "Seed Set", "Bird Feeder"], 30),
        new("Outdoor", ["Tent", "Sleeping Bag", "Backpack", "Headlamp", "Camp Stove", "Trekking Poles", "Water Bottle"], 80),
        new("Cycling", ["Helmet", "Pannier", "Saddle", "Bike Light", "Jersey", "Repair Kit", "Gloves"], 55),
        new("Running", ["Trail Shoes", "Road Shoes", "Windbreaker", "Hydration Vest", "Socks", "Sports Watch"], 70),
        new("Toys", ["Puzzle", "Building Set", "Plush Bear", "Train Set", "Board Game", "Kite", "Marble Run"], 28),
        new("Home", ["Throw", "Cushion", "Floor Lamp", "Vase", "Wall Clock", "Rug", "Candle", "Mirror"], 50),
        new("Office", ["Notebook", "Fountain Pen", "Desk Lamp", "Monitor Stand", "Keyboard", "Organiser"], 35),
        new("Photo", ["Camera Bag", "Tripod", "Prime Lens", "Film Roll", "Photo Printer", "Filter Kit"], 150),
        new("Gaming", ["Controller", "Headset", "Gaming Mouse", "Capture Card", "Racing Wheel", "Arcade Stick"], 90),
        new("Beauty", ["Face Cream", "Soap Bar", "Shampoo", "Perfume", "Hair Brush", "Hand Balm"], 22),
        new("Fashion", ["Linen Shirt", "Wool Scarf", "Denim Jacket", "Canvas Tote", "Leather Belt", "Raincoat", "Cardigan"], 60),
        new("Pets", ["Dog Bed", "Cat Tree", "Chew Toy", "Harness", "Aquarium", "Grooming Kit"], 32),
        new("Music", ["Ukulele", "Guitar Strings", "Cajon", "Keyboard Stand", "Metronome", "Harmonica", "Drum Pad"], 65),
    ];

    /// <summary>A style is a look that runs across the shelves; an item has one, and a word of it in its title.</summary>
    public static readonly (string Style, string[] Words)[] Styles =
    [
        ("minimal", ["Plain", "Slim", "Quiet", "White"]),
        ("vintage", ["Vintage", "Heritage", "Classic", "Old Town"]),
        ("rugged", ["Rugged", "Alpine", "All-Weather", "Ranger"]),
        ("playful", ["Bright", "Happy", "Rainbow", "Pocket"]),
        ("luxury", ["Signature", "Grand", "Velvet", "Reserve"]),
        ("eco", ["Recycled", "Organic", "Bamboo", "Cork"]),
        ("smart", ["Smart", "Digital", "Wireless", "Precision"]),
        ("handmade", ["Handmade", "Studio", "Workshop", "Artisan"]),
    ];

    public static readonly string[] Brands =
    [
        "Northwind", "Larkspur", "Calder", "Meridian", "Fjord & Co", "Tamarack", "Oakline", "Pico", "Solstice", "Brightwater",
        "Halden", "Juniper", "Ostrava", "Wren", "Kestrel", "Maple & Rye", "Isla", "Vantage", "Cobalt", "Fernhill",
        "Nomad", "Aurora", "Quill", "Basalt", "Saffron", "Tidewater", "Ember", "Lumen", "Sable", "Willow",
    ];
}
