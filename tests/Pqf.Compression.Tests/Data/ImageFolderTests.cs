using Pqf.Compression.Data;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Data;

public sealed class ImageFolderTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    void Touch(params string[] files)
    {
        foreach (string file in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.File(file))!);
            File.WriteAllBytes(folder.File(file), []);
        }
    }

    // Images are listed and never decoded.
    static ImageReader NoReader { get; } = new(path => new Tensors.PqfError.File(path, "is not decoded"));

    static NetworkClasses ImageNet { get; } = NetworkClasses.Named([.. Nets.Images.ImageNetClasses.Table.All.Select(item => item.Wnid)]);

    ImageFolder Open() => ImageFolder.Open(folder.Path, NoReader).Value();

    IEnumerable<(string, int)> Listed(ImageFolder opened) =>
        opened.Images.Select(image => (Path.GetRelativePath(folder.Path, image.Path), image.Class));

    [Fact]
    public void Classes_are_the_folders_with_images_in_ordinal_order()
    {
        Touch(
            "dog/b.jpg",
            "dog/a.PNG",
            "dog/notes.txt",
            "dog/.hidden.jpg",
            "Cat/deep/x.jpeg",
            "ant, red/1.webp",
            ".git/a.jpg",
            "lost+found/.keep",
            "loose.jpg"
        );
        var opened = Open();
        Assert.Equal(["Cat", "ant, red", "dog"], opened.Classes);
        Assert.Equal([("Cat/deep/x.jpeg", 0), ("ant, red/1.webp", 1), ("dog/a.PNG", 2), ("dog/b.jpg", 2)], Listed(opened));
    }

    [Fact]
    public void What_is_left_out_is_noted()
    {
        Touch(
            "a/1.jpg",
            "a/2.tga",
            "b/1.jpg",
            "b/3.TGA",
            "b/Makefile",
            "lost+found/.keep",
            "__MACOSX/a/._1.jpg",
            "loose.jpg",
            "labels.csv"
        );
        Assert.Equal(
            [
                $"{folder.Path}: left out 2 folders without images: __MACOSX, lost+found",
                $"{folder.Path}: left out 1 image beside the class folders",
                $"{folder.Path}: left out 2 files (.tga)",
                $"{folder.Path}: left out 1 file (no extension)",
            ],
            Open().Notes
        );
    }

    [Fact]
    public void Class_folders_whose_images_are_not_decoded_are_named_with_what_they_hold()
    {
        Touch("a/1.jpg", "b/1.heic", "b/2.HEIC", "b/deep/notes.txt", "c/.keep", "d/1.avif");
        Assert.Equal(
            [
                $"{folder.Path}: left out 1 folder without images: c",
                $"{folder.Path}: left out folder b: no image in it is of a kind that is decoded, it holds 2 files (.heic) and 1 file (.txt)",
                $"{folder.Path}: left out folder d: no image in it is of a kind that is decoded, it holds 1 file (.avif)",
            ],
            Open().Notes
        );
        File.Delete(folder.File("a/1.jpg"));
        Assert.EndsWith(
            "), but 2 files (.heic) and 1 file (.avif) and 1 file (.txt)",
            ImageFolder.Open(folder.Path, NoReader).ErrorMessage(),
            StringComparison.Ordinal
        );
    }

    // Files, and the folder of images to train on and that to measure on.
    [Theory]
    [InlineData("train/a/1.jpg val/a/1.jpg", "train", "val")]
    [InlineData("valid/1.jpg invalid/1.jpg", null, null)] // two classes
    [InlineData("train/1.jpg bus/1.jpg car/1.jpg", null, null)]
    [InlineData("train/1.jpg val/1.jpg bus/1.jpg", null, null)]
    [InlineData("train/1.jpg val/1.jpg", "train", "val")] // no other class is there
    [InlineData("train/a/1.jpg val/1.jpg", "train", "val")]
    [InlineData("train/a/1.jpg test/1.jpg", "train", null)]
    [InlineData("train/1.jpg train/a/1.jpg bus/1.jpg", "train", null)] // folders in it
    [InlineData("valid/1.txt invalid/1.jpg", null, "valid")]
    [InlineData("valid/1.jpg invalid/deep/1.jpg", null, "valid")]
    public void A_class_may_be_called_as_a_folder_of_images(string files, string? training, string? validation)
    {
        Touch(files.Split(' '));
        string? Found(string? name) => name is null ? null : folder.File(name);
        Assert.Equal((Found(training), Found(validation)), ImageFolder.Parts(folder.Path, NoReader));
    }

    [Fact]
    public void Classes_called_valid_and_invalid_are_measured_on()
    {
        Touch("valid/1.jpg", "invalid/2.jpg");
        var opened = ImageFolder.OpenValidation(folder.Path, NoReader).Value();
        Assert.Equal([("invalid/2.jpg", 0), ("valid/1.jpg", 1)], Listed(opened));
    }

    [Theory]
    [InlineData("val")]
    [InlineData("valid")]
    [InlineData("validation")]
    public void Images_to_measure_on_are_in_a_folder_of_a_usual_name(string name)
    {
        Touch($"{name}/a/1.jpg", "train/a/2.jpg", "train/b/3.jpg");
        var opened = ImageFolder.OpenValidation(folder.Path, NoReader).Value();
        Assert.Equal([($"{name}/a/1.jpg", 0)], Listed(opened));
        Assert.Equal(name == "val" ? 0 : 1, opened.Notes.Length);
    }

    [Fact]
    public void A_folder_with_train_alone_is_not_a_folder_of_classes()
    {
        Touch("train/a/2.jpg");
        Assert.Equal(
            $"{folder.Path}: has a folder train and no folder val; expected DIR/val/CLASS or DIR/CLASS",
            ImageFolder.OpenValidation(folder.Path, NoReader).ErrorMessage()
        );
    }

    [Fact]
    public void Class_folders_that_lie_deeper_are_pointed_at()
    {
        Touch("ILSVRC/val/n01440764/a.jpg");
        string message = Open().Match(NetworkClasses.Named(["tench", "goldfish"])).ErrorMessage();
        Assert.EndsWith(
            $"; {folder.File("ILSVRC/val")} holds folders of its classes: expected that as the folder of images",
            message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Symbolic_links_that_lead_back_are_followed_once()
    {
        Touch("a/1.jpg", "b/1.jpg");
        Directory.CreateSymbolicLink(folder.File("a/loop"), folder.Path);
        Directory.CreateSymbolicLink(folder.File("a/self"), folder.File("a"));
        Directory.CreateSymbolicLink(folder.File("c"), folder.File("b"));
        Assert.Equal(
            [("b/1.jpg", 1), ("c/1.jpg", 2)],
            Listed(Open()).Where(image => !image.Item1.StartsWith("a/", StringComparison.Ordinal))
        );
        Assert.Equal(2, Open().Images.Count(image => image.Class == 0)); // its own, and b's by way of the loop
    }

    [Fact]
    public void The_photographs_have_the_classes_of_their_labels()
    {
        string root = SharedData.Path("data/imagenet-ccby");
        var opened = ImageFolder.Open(Path.Combine(root, "val"), NoReader).Value();
        var labels = File.ReadLines(Path.Combine(root, "labels.csv"))
            .Skip(1)
            .Select(line => line.Split(','))
            .Select(fields => (fields[0], int.Parse(fields[1])))
            .Order();
        var numbers = opened.Match(ImageNet).Value().Numbers;
        Assert.Equal(labels, opened.Images.Select(image => (Path.GetRelativePath(root, image.Path), numbers[image.Class])).Order());
    }

    [Fact]
    public void All_images_under_a_folder_are_found_without_classes()
    {
        Touch("b.jpg", "a/x.jpg", "a/y.txt");
        Assert.Equal(
            ["a/x.jpg", "b.jpg"],
            ImageFolder.FindImages(folder.Path, NoReader).Value().Select(path => Path.GetRelativePath(folder.Path, path))
        );
    }

    [Fact]
    public void A_missing_folder_is_an_error()
    {
        Assert.Equal($"{folder.File("none")}: folder not found", ImageFolder.Open(folder.File("none"), NoReader).ErrorMessage());
        Assert.Equal($"{folder.File("none")}: folder not found", ImageFolder.FindImages(folder.File("none"), NoReader).ErrorMessage());
    }

    [Fact]
    public void A_file_is_an_error()
    {
        Touch("a.jpg");
        Assert.Equal(
            $"{folder.File("a.jpg")}: is a file; expected a folder of images",
            ImageFolder.Open(folder.File("a.jpg"), NoReader).ErrorMessage()
        );
    }

    [Fact]
    public void A_folder_without_class_folders_is_an_error()
    {
        Touch("a.jpg");
        Assert.Equal(
            $"{folder.Path}: has no class folders; expected one folder of images per class",
            ImageFolder.Open(folder.Path, NoReader).ErrorMessage()
        );
    }

    [Fact]
    public void Class_folders_without_images_are_an_error()
    {
        Touch("cat/notes.txt");
        string message = $"{folder.Path}: holds no images (.jpg, .jpeg, .png, .bmp, .gif, .webp), but 1 file (.txt)";
        Assert.Equal(message, ImageFolder.Open(folder.Path, NoReader).ErrorMessage());
        Assert.Equal(message, ImageFolder.FindImages(folder.Path, NoReader).ErrorMessage());
    }
}
