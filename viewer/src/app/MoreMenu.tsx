import { useState } from "react";
import { texts } from "@/texts";
import { IconButton, Menu, MenuItem, MenuLabel, MenuLine, MenuRadioGroup } from "@/ui";
import { useShell } from "./shellContext";
import { useSignOut } from "./signOut";
import { applyTheme, readTheme, THEMES, type Theme } from "./theme";

/** The menu with the theme, the keys, and the end of the session. */
export function MoreMenu() {
  const { showKeys } = useShell();
  const signOut = useSignOut();
  const [theme, setTheme] = useState<Theme>(readTheme);
  return (
    <Menu align="end" trigger={<IconButton icon="more" label={texts.menu.more} />}>
      <MenuLabel>{texts.menu.theme}</MenuLabel>
      <MenuRadioGroup
        value={theme}
        onChange={(value) => {
          const chosen = THEMES.find((each) => each === value) ?? "system";
          setTheme(chosen);
          applyTheme(chosen);
        }}
        options={THEMES.map((value) => ({ value, label: texts.menu.themes[value] }))}
      />
      <MenuLine />
      <MenuItem keys="?" onSelect={showKeys}>
        {texts.keys.title}
      </MenuItem>
      {signOut !== null && <MenuItem onSelect={signOut}>{texts.menu.signOut}</MenuItem>}
    </Menu>
  );
}
