using System.Collections.Immutable;
using Pqf.Compression.Data;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Weights;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Data;

public class ClassMatchTests
{
    static NetworkClasses ImageNet { get; } = Of(1000, new ClassNames.WellKnown(ClassNames.ImageNet));

    static NetworkClasses Pets { get; } = NetworkClasses.Named(["cat", "Dog", "guinea pig", "n02814533"]);

    // Names of ImageNet's classes as people write them on folders; numbers from the list of classes that torchvision has.
    [Theory]
    [InlineData("caf\u00E9", "cafe\u0301")]
    [InlineData("cafe\u0301", "caf\u00E9")]
    [InlineData("Caf\u00C9", "cafe\u0301")]
    public void Names_are_the_same_in_every_form_of_Unicode(string folder, string name) =>
        Assert.Equal([1], NetworkClasses.Named(["tea", name]).Find(folder));

    [Theory]
    [InlineData("n02814533", 436)]
    [InlineData("n02814533-beach_wagon", 436)] // as the Stanford Dogs set
    [InlineData("n02814533_whatever", 436)]
    [InlineData("beach wagon", 436)]
    [InlineData("beach_wagon", 436)]
    [InlineData("Beach-Wagon", 436)]
    [InlineData("beach wagon, station wagon, wagon", 436)] // as the original synsets
    [InlineData("tench", 0)]
    [InlineData("436", 436)]
    public void A_class_of_ImageNet_answers_to(string name, int number) =>
        Assert.Equal([number], ClassMatch.Of("x", [name], ImageNet).Value().Numbers);

    [Theory]
    [InlineData("cat", 0)]
    [InlineData("DOG", 1)]
    [InlineData("guinea_pig", 2)]
    [InlineData("beach wagon", 3)] // the word of a wnid
    [InlineData("2", 2)]
    public void A_class_with_a_name_of_its_own_answers_to(string name, int number) =>
        Assert.Equal([number], ClassMatch.Of("x", [name], Pets).Value().Numbers);

    [Theory]
    [InlineData(ClassMatchKind.Names, "cat", "guinea pig")]
    [InlineData(ClassMatchKind.Numbers, "0", "3")]
    [InlineData(ClassMatchKind.Some, "cat", "emu")]
    [InlineData(ClassMatchKind.Some, "cat", "1")] // names and numbers mixed
    [InlineData(ClassMatchKind.None, "emu", "4")]
    public void Names_of_a_network_decide(ClassMatchKind kind, params string[] classes) =>
        Assert.Equal(kind, ClassMatch.Of("x", [.. classes], Pets).Value().Kind);

    [Theory]
    [InlineData(ClassMatchKind.Numbers, 3, "0", "2")]
    [InlineData(ClassMatchKind.Ranks, 2, "a", "b")]
    [InlineData(ClassMatchKind.Ranks, 2, "1", "2")] // 2 is no number of a class
    [InlineData(ClassMatchKind.None, 3, "a", "b")]
    [InlineData(ClassMatchKind.None, 1, "a", "b")]
    public void Without_names_numbers_decide_and_then_ranks_if_the_counts_agree(ClassMatchKind kind, int count, params string[] classes) =>
        Assert.Equal(kind, ClassMatch.Of("x", [.. classes], NetworkClasses.Unnamed(count)).Value().Kind);

    [Fact]
    public void Names_of_the_network_come_before_numbers() =>
        Assert.Equal([1, 0], ClassMatch.Of("x", ["0", "1"], NetworkClasses.Named(["1", "0"])).Value().Numbers);

    [Theory]
    [InlineData(
        "x: crane is the name of 2 classes of the network (134, 517); expected their numbers or wnids as names of the class folders",
        "crane"
    )]
    [InlineData("x: 01 and 1 are both class 1 of the network; expected one folder for each class", "01", "1")]
    [InlineData("x: n01440764 and tench are both class 0 of the network; expected one folder for each class", "n01440764", "tench")]
    public void What_is_ambiguous_is_an_error(string expected, params string[] classes) =>
        Assert.Equal(expected, ClassMatch.Of("x", [.. classes], ImageNet).ErrorMessage());

    [Fact]
    public void What_does_not_match_is_listed()
    {
        ImmutableArray<string> classes = ["a", "b", "c", "cat", "d", "e", "f"];
        Assert.Equal(
            "6 of its 7 classes are not the network's: a, b, c, d, e, … (6 in all); expected some of cat, Dog, guinea pig, n02814533, or "
                + "numbers below 4; model.class_names gives the network other names",
            ClassMatch.Of("x", classes, Pets).Value().Problem(classes, Pets)
        );
    }

    [Fact]
    public void What_is_guessed_is_noted()
    {
        ImmutableArray<string> classes = ["a", "b"];
        var unnamed = NetworkClasses.Unnamed(2);
        Assert.Equal(
            "x: the network's class names are not known: its classes 0 to 1 are taken to be a, b, in sorted order; model.class_names gives "
                + "the names in another order",
            ClassMatch.Of("x", classes, unnamed).Value().Note("x", classes, unnamed)
        );
        Assert.Null(ClassMatch.Of("x", ["0", "1"], unnamed).Value().Note("x", ["0", "1"], unnamed));
        Assert.Null(ClassMatch.Of("x", ["cat"], Pets).Value().Note("x", ["cat"], Pets));
        Assert.Equal(
            "x: the class folders 2, 3 are taken to be the numbers of the network's classes",
            ClassMatch.Of("x", ["2", "3"], Pets).Value().Note("x", ["2", "3"], Pets)
        );
    }

    [Theory]
    [InlineData(null, "cat", "dog")]
    [InlineData(1, "cat", "emu")]
    public void Networks_that_call_classes_otherwise_differ(int? number, params string[] names) =>
        Assert.Equal(number, NetworkClasses.Named([.. names]).Difference(NetworkClasses.Named(["cat", "Dog"])));

    static NetworkClasses Of(int count, ClassNames names)
    {
        var architecture = new Architecture("resnet18", count);
        return NetworkClasses.Of(
            new PqfModel
            {
                Architecture = architecture,
                Graph = TestGraphs.Build(architecture),
                Parameters = Parameters.Empty,
                ClassNames = names,
            }
        );
    }
}
