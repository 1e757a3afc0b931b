import '@fontsource-variable/atkinson-hyperlegible-next/wght.css';
import './styles.css';
import './screens/gallery.ts';
