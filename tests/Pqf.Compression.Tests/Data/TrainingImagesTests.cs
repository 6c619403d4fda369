using Pqf.Compression.Data;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Data;

public sealed class TrainingImagesTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Folders_train_and_val_are_found()
    {
        Images("train/cat", 3);
        Images("train/dog", 2);
        Images("val/cat", 1);
        Images("val/dog", 2);
        var found = Open().Value();
        Assert.Equal((5, 2, 3), (found.Sets.Train.Count, found.Classes.Length, found.Channels));
        var sets = found.NumberedFor(NetworkClasses.Unnamed(2)).Value();
        Assert.Equal([0, 0, 0, 1, 1], Enumerable.Range(0, sets.Train.Count).Select(sets.Train.ClassOf));
        Assert.Equal([0, 1, 1], Enumerable.Range(0, sets.Validation.Count).Select(sets.Validation.ClassOf));
    }

    [Theory]
    [InlineData("")]
    [InlineData("val/")]
    public void A_folder_is_split_by_file_within_each_class(string parent)
    {
        Images($"{parent}cat", 5);
        Images($"{parent}dog", 4);
        var sets = Open(3).Value().NumberedFor(NetworkClasses.Unnamed(2)).Value();
        Assert.Equal(["cat/0", "cat/1", "cat/2", "dog/0", "dog/1", "dog/2"], Names(sets.Train, parent));
        Assert.Equal(["cat/3", "cat/4", "dog/3"], Names(sets.Validation, parent));
    }

    [Fact]
    public void Some_of_ImageNets_classes_keep_their_numbers_for_a_network_of_all()
    {
        Images("n01440764", 2); // tench, 0
        Images("n01484850", 2); // great white shark, 2
        var found = Open(1).Value();
        Assert.Equal([0, 2], Classes(found.NumberedFor(ImageNet).Value().Train));
        Assert.Equal([0, 1], Classes(found.NumberedFor(NetworkClasses.Unnamed(2)).Value().Train));
    }

    [Theory]
    [InlineData("")]
    [InlineData("train/")]
    [InlineData("val/")]
    public void A_folder_of_one_part_is_split(string part)
    {
        Images($"{part}cat", 3);
        Images($"{part}dog", 2);
        var found = Open(1).Value();
        Assert.Equal(["cat", "dog"], found.Classes);
        Assert.Equal([0, 1], Classes(found.Sets.Train));
        Assert.Equal([0, 0, 1], Classes(found.Sets.Validation));
    }

    [Fact]
    public void A_folder_to_test_on_is_no_class()
    {
        Images("train/cat", 3);
        Images("train/dog", 2);
        Images("test/cat", 2);
        Assert.Equal(["cat", "dog"], Open(1).Value().Classes);
        Directory.Delete(folder.File("train"), true);
        Assert.Equal(
            $"{folder.Path}: has a folder test of class folders, which is no class; expected {folder.File("test")} as the folder of class "
                + "folders",
            Open(1).ErrorMessage()
        );
    }

    [Fact]
    public void Classes_without_images_to_validate_on_are_named()
    {
        Images("train/cat", 1);
        Images("train/dog", 1);
        Images("train/emu", 1);
        Images("val/dog", 2);
        var found = Open().Value();
        Assert.Equal(["cat", "dog", "emu"], found.Classes);
        Assert.Equal([1, 1], Classes(found.Sets.Validation));
        Assert.Equal([$"{folder.Path}: val has no images of cat, emu: how well they are learnt is not measured"], found.Notes);
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        Images("train/cat", 2);
        Images("train/dog", 2);
        Images("val/cat", 1);
        Images("val/fox", 1);
        Images("val/gnu", 1);
        Assert.Equal(
            $"{folder.Path}: expected the classes of train in val; in train alone: dog; in val alone: fox, gnu",
            Open().ErrorMessage()
        );
        Directory.Delete(folder.File("val/fox"), true);
        Directory.Delete(folder.File("val/gnu"), true);
        Images("val/dog", 1);
        Images("val/emu", 1);
        Assert.Equal($"{folder.Path}: expected the classes of train in val; in val alone: emu", Open().ErrorMessage());
        Images("train/emu", 0);
        Assert.Equal($"{folder.Path}: expected the classes of train in val; in val alone: emu", Open().ErrorMessage());
        Images("train/emu", 1);
        Assert.Equal(
            $"{folder.Path}: has 3 classes; expected those of a network of 2, whose class names are not known (model.class_names gives "
                + "them), or class folders named by numbers below 2",
            Open().Value().NumberedFor(NetworkClasses.Unnamed(2)).ErrorMessage()
        );
        Directory.Delete(folder.File("train"), true);
        Assert.Equal(
            $"{folder.Path}: found val, no train; expected folders train and val in it; to split the images of one folder, set "
                + "dataloader.validation_fraction (0.1, for example) or dataloader.train_images_per_class",
            Open().ErrorMessage()
        );
        Assert.Equal(
            $"configuration: dataloader.train_images_per_class: expected fewer than the 1 image of {folder.File("val/cat")}, got "
                + $"1: none would be left to validate on",
            Open(1).ErrorMessage()
        );
        Assert.Equal(
            "command line: --data: expected a folder of labelled images, here, in dataloader.imagenet_path or in dataloader.idx_path, "
                + "got none",
            TrainingImages.Open(new(), NoReader).ErrorMessage()
        );
        string none = folder.File("none");
        Assert.All(
            [
                TrainingImages.Open(new() { ImageFolder = none }, NoReader),
                TrainingImages.Open(new() { ImageFolder = none, TrainImagesPerClass = 1 }, NoReader),
                TrainingImages.Open(new() { ImageFolder = none, HeldBack = new(0.5, 0) }, NoReader),
                TrainingImages.Open(new() { IdxFolder = none }, NoReader),
            ],
            opened => Assert.Equal($"{none}: folder not found", opened.ErrorMessage())
        );
        Assert.Equal(
            "configuration: dataloader.idx_path: expected one of idx_path and imagenet_path, got both",
            TrainingImages.Open(new() { IdxFolder = "a", ImageFolder = "b" }, NoReader).ErrorMessage()
        );
    }

    Tensors.Result<TrainingImages, Tensors.PqfError> Open(int? trainImagesPerClass = null) =>
        TrainingImages.Open(new ImageSource { ImageFolder = folder.Path, TrainImagesPerClass = trainImagesPerClass }, NoReader);

    static NetworkClasses ImageNet { get; } = NetworkClasses.Named([.. Nets.Images.ImageNetClasses.Table.All.Select(item => item.Name)]);

    // Images are listed and never decoded.
    static ImageReader NoReader { get; } = new(path => new Tensors.PqfError.File(path, "is not decoded"));

    void Images(string name, int count)
    {
        Directory.CreateDirectory(folder.File(name));
        for (int i = 0; i < count; i++)
            File.WriteAllBytes(folder.File($"{name}/{i}.png"), []);
    }

    IEnumerable<string> Names(ImageSet set, string parent) =>
        ((ImageSet.Files)((ImageSet.Renumbered)set).Images).Images.Select(image =>
            Path.ChangeExtension(Path.GetRelativePath(folder.File(parent), image.Path), null)
        );

    static IEnumerable<int> Classes(ImageSet set) => Enumerable.Range(0, set.Count).Select(set.ClassOf);
}
